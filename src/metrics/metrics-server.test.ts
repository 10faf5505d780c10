import { describe, expect, it } from 'vitest';
import { systemClock } from '#runtime/clock.ts';
import { HttpError, type Http } from '#runtime/http.ts';
import type { Log } from '#runtime/log.ts';
import { tellMetricsServer } from './metrics-server.ts';

const online = JSON.stringify({
  status: 'success',
  data: { resultType: 'vector', result: [{ metric: {}, value: [1, '1'] }] },
});

/** What is logged about a server that answers so. */
async function told(address: string, send: Http['send'], signal = new AbortController().signal): Promise<string[]> {
  const lines: string[] = [];
  const at = (level: string) => (message: string) => void lines.push(`${level}: ${message}`);
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  await tellMetricsServer(address, { http: { send }, clock: systemClock, log }, signal);
  return lines;
}

const answering =
  (status: number, body: string): Http['send'] =>
  async () => ({ status, statusText: '', headers: {}, body });

const refusing: Http['send'] = async () => {
  throw new HttpError('network', 'Cannot call prometheus:9090: connection refused');
};

describe('tellMetricsServer', () => {
  it('says that the server answers, without its credentials', async () => {
    expect(await told('http://me:s3cret@prometheus:9090', answering(200, online))).toEqual([
      'info: Connected to metrics server http://prometheus:9090',
    ]);
  });

  it('says what is wrong with a server that does not answer, or an address that is none', async () => {
    expect(await told('http://prometheus:9090', refusing)).toEqual([
      'error: Metrics server http://prometheus:9090 unreachable request failed: Cannot call prometheus:9090: connection refused',
    ]);
    expect(await told('prometheus', refusing)).toEqual([
      'error: Metrics server prometheus unreachable prometheus address prometheus is not a valid URL',
    ]);
  });

  it('says nothing when the process ends meanwhile', async () => {
    const ended = new AbortController();
    const send: Http['send'] = async () => {
      ended.abort();
      throw new HttpError('aborted', 'Aborted');
    };
    expect(await told('http://prometheus:9090', send, ended.signal)).toEqual([]);
  });
});
