import { describe, expect, it } from 'vitest';
import { HttpError } from '#runtime/http.ts';
import { analysisProviderContract, contractOrigin } from './analysis-provider-contract.ts';
import { ask, judged, type Reply } from './asked-provider.ts';
import { influxdb } from './influxdb.ts';

const token = 'a-very-secret-token';
const secret = { address: 'https://influx.example:8086', authToken: token, org: 'my org' };
const asked = (...replies: (Reply | Error)[]) =>
  ask(influxdb, { influxdb: { query: 'from(bucket: "b")' } }, replies, { secrets: { influxdb: secret } });
const csv = (...lines: string[]): Reply => ({ body: lines.map((line) => `${line}\r\n`).join('') });

/** As a server of version 2.7 answers. */
const recorded = csv(
  '#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,double,string',
  '#group,false,false,true,true,false,true',
  '#default,_result,,,,,',
  ',result,table,_start,_stop,_value,_field',
  ',,0,2026-08-01T09:55:00Z,2026-08-01T10:00:00Z,0.25,"errors, ""all"""',
  ',,0,2026-08-01T09:55:00Z,2026-08-01T10:00:00Z,,errors',
  '',
  '#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,long,string',
  '#group,false,false,true,true,false,true',
  '#default,_result,,,,,',
  ',result,table,_start,_stop,_value,_field',
  ',,1,2026-08-01T09:55:00Z,2026-08-01T10:00:00Z,20,requests',
  '',
);

analysisProviderContract({
  name: 'InfluxDB',
  make: influxdb,
  provider: { influxdb: { query: 'from(bucket: "b")' } },
  setting: { secrets: { influxdb: { ...secret, address: contractOrigin } } },
  secrets: [token],
  value: { reply: csv('#datatype,string,double', ',result,_value', ',,42'), answer: { result: [42], text: '[42]' } },
  vector: { reply: csv('#datatype,string,long', ',result,_value', ',,1', ',,2'), answer: { text: '[1 2]' } },
  empty: { reply: csv(''), answer: { kind: 'error', message: 'no results returned from flux query' } },
  nan: { reply: csv('#datatype,string,double', ',result,_value', ',,NaN'), answer: { text: '[NaN]' } },
  badQuery: { reply: { status: 400, body: '{"code":"invalid","message":"no"}' }, answer: { message: 'invalid: no' } },
  recorded: { posted: recorded, answer: { kind: 'result', result: [0.25, null, 20n], text: '[0.25 <nil> 20]' } },
});

describe('InfluxDB', () => {
  it('is asked with the token of the Secret', async () => {
    const [request] = (await asked(recorded)).requests;
    expect(request).toMatchObject({
      method: 'POST',
      url: 'https://influx.example:8086/api/v2/query?org=my+org',
      headers: { Authorization: `Token ${token}` },
      timeout: 30_000,
    });
    expect(JSON.parse(request?.body ?? '')).toMatchObject({ query: 'from(bucket: "b")', type: 'flux' });
  });

  it('gives the values of all tables, floats and integers', async () => {
    const { answer } = await asked(recorded);
    expect(answer).toEqual({ kind: 'result', result: [0.25, null, 20n], text: '[0.25 <nil> 20]' });
    expect(judged(answer, 'result[0] < 0.5 && result[2] == 20')).toEqual({ phase: 'Successful' });
  });

  it('says that there are no results', async () => {
    const none = { kind: 'error', message: 'no results returned from flux query' };
    expect((await asked({ body: '\r\n' })).answer).toEqual(none);
    expect((await asked({ body: '' })).answer).toEqual(none);
  });

  it('tells what the query runs into', async () => {
    const failure = csv(
      '#datatype,string,string',
      '#group,true,true',
      '#default,,',
      ',error,reference',
      ',no such bucket,897',
    );
    expect((await asked(failure)).answer).toEqual({ kind: 'error', message: 'no such bucket,897' });
    const refusal = { status: 400, body: '{"code":"invalid","message":"undefined identifier x"}' };
    expect((await asked(refusal)).answer).toEqual({ kind: 'error', message: 'invalid: undefined identifier x' });
  });

  it('keeps the token out of everything', async () => {
    const said = { status: 401, body: JSON.stringify({ code: 'unauthorized', message: `not ${token}` }) };
    const { answer } = await asked(said);
    expect(answer).toEqual({ kind: 'error', message: 'unauthorized: not ***', isOutage: true });
    expect((await asked({ status: 502, body: '<html>' })).answer).toMatchObject({
      message: 'Unexpected status code 502',
      isOutage: true,
    });
    expect((await asked(new HttpError('timeout', 'no answer within 30s'))).answer).toMatchObject({
      message:
        'Post "https://influx.example:8086/api/v2/query?org=my+org": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
      isOutage: true,
    });
  });

  it.each([
    [{}, 'secrets "influxdb" not found'],
    [{ influxdb: { address: 'http://a', org: 'o' } }, 'authToken, org, or address not found'],
    [{ influxdb: { ...secret, address: 'nowhere' } }, 'Cannot ask InfluxDB: the address in the Secret is no URL'],
  ])('cannot be asked with %j', async (secrets, message) => {
    const { answer } = await ask(influxdb, { influxdb: { query: 'q' } }, [], { secrets });
    expect(answer).toEqual({ kind: 'error', message });
  });

  it('reads the Secret that the profile names', async () => {
    const setting = { secrets: { mine: secret } };
    const { answer } = await ask(influxdb, { influxdb: { query: 'q', profile: 'mine' } }, [recorded], setting);
    expect(answer.kind).toBe('result');
  });
});
