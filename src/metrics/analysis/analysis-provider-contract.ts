/** The tests that every provider of analyses that asks a server has to pass, against a scripted one on loopback and a recorded answer. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MetricProvider } from '#api/analysis-metric.ts';
import type { AnalysisMeasurement } from '#api/analysis-run.ts';
import { gotHttp } from '#runtime/got-http.ts';
import type { Http } from '#runtime/http.ts';
import { depsOf, type Setting } from './asked-provider.ts';
import type { MakeAnalysisProvider, ProviderAnswer } from './provider.ts';

/** Where the settings of a contract have their server. */
export const contractOrigin = 'https://metrics.example';

/** What the server answers. */
export interface ContractReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What comes of a reply: fields of the answer. */
export interface Case {
  /** Of a provider that asks several times: what it answers to a path. */
  readonly reply: ContractReply | ((path: string) => ContractReply);
  readonly answer: Partial<Record<'kind' | 'result' | 'text' | 'message' | 'phase' | 'isOutage', unknown>>;
}

export interface AnalysisProviderContract {
  readonly name: string;
  readonly make: MakeAnalysisProvider;
  /** For a server at `contractOrigin`, with credentials if it has any. */
  readonly provider: MetricProvider;
  readonly setting?: Setting;
  /** What is resumed; without it a measurement is started. */
  readonly measurement?: AnalysisMeasurement;
  /** Every text in the settings that may not be seen, and that some request carries. */
  readonly secrets: readonly string[];
  readonly value: Case;
  /** Several values. */
  readonly vector?: Case;
  readonly empty?: Case;
  readonly nan?: Case;
  /** The server says that the query is wrong. */
  readonly badQuery?: Case;
  /** Bodies that are no answer; default: some that are none of any server. */
  readonly unreadable?: readonly string[];
  /** As the real server writes it. */
  readonly recorded: Pick<Case, 'answer'> & { readonly got?: ContractReply; readonly posted?: ContractReply };
}

/** Small enough that no test waits for a real limit, and enough for a machine with much else to do. */
function quickHttp(origin: string): Http {
  const real = gotHttp({});
  return {
    send: (request) =>
      real.send({
        ...request,
        url: request.url.replace(contractOrigin, origin),
        timeout: Math.min(request.timeout, 1_000),
        maxBytes: 50_000,
      }),
  };
}

export function analysisProviderContract(contract: AnalysisProviderContract): void {
  const servers: Server[] = [];
  beforeEach(() => {
    nock.disableNetConnect();
    nock.enableNetConnect('127.0.0.1');
  });
  afterEach(() => {
    nock.cleanAll();
    nock.enableNetConnect();
    nock.restore();
    nock.activate();
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** Answers every request; without a reply it stays silent. */
  async function serve(reply: (request: IncomingMessage, body: string) => ContractReply | undefined): Promise<string> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const answer = reply(request, Buffer.concat(chunks).toString());
        if (answer !== undefined) response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server does not listen on TCP');
    return `http://127.0.0.1:${address.port}`;
  }

  async function measuredBy(http: Http, signal = new AbortController().signal): Promise<ProviderAnswer> {
    const provider = contract.make(depsOf(http, contract.setting));
    const { measurement } = contract;
    const metadata = { name: 'run', namespace: 'test' };
    const request = {
      metric: { name: 'm', interval: '5m', provider: contract.provider },
      run: { apiVersion: 'argoproj.io/v1alpha1', kind: 'AnalysisRun', metadata },
      taken: 0,
      signal,
    };
    if (measurement === undefined) return provider.start(request);
    if (provider.resume === undefined) throw new Error('There is nothing to resume');
    return provider.resume({ ...request, measurement });
  }

  const measuredAt = (origin: string, signal?: AbortSignal) => measuredBy(quickHttp(origin), signal);
  const measured = async (reply: Case['reply']) =>
    await measuredAt(await serve((request) => (typeof reply === 'function' ? reply(request.url ?? '') : reply)));

  function expectNoSecret(text: string): void {
    for (const secret of contract.secrets) expect(text).not.toContain(secret);
  }

  describe(`${contract.name} as a provider of analyses`, () => {
    const { value, vector, empty, nan, badQuery, recorded } = contract;

    it('gives a value', async () => expect(await measured(value.reply)).toMatchObject(value.answer));

    it.runIf(vector)('gives several values', async () => {
      const { reply, answer } = vector ?? value;
      expect(await measured(reply)).toMatchObject(answer);
    });

    it.runIf(empty)('says that there are no data', async () => {
      const { reply, answer } = empty ?? value;
      expect(await measured(reply)).toMatchObject(answer);
    });

    it.runIf(nan)('gives NaN as it is', async () => {
      const { reply, answer } = nan ?? value;
      expect(await measured(reply)).toMatchObject(answer);
    });

    it.runIf(badQuery)('tells a bad query from a bad server', async () => {
      const { reply, answer } = badQuery ?? value;
      const said = await measured(reply);
      expect(said).toMatchObject({ kind: 'error', ...answer });
      expect(said).not.toHaveProperty('isOutage', true);
    });

    it('reads what the real server writes', async () => {
      const { got, posted, answer } = recorded;
      if (got !== undefined)
        nock(contractOrigin)
          .persist()
          .get(/.*/)
          .reply(got.status ?? 200, got.body);
      // nock aborts POST requests of got now and then, so these answers come from a server.
      const origin =
        posted === undefined ? contractOrigin : await serve(({ method }) => (method === 'GET' ? got : posted));
      expect(await measuredAt(origin)).toMatchObject(answer);
    });

    it('reports an error of the server, bounded', async () => {
      for (const status of [500, 503]) {
        const answer = await measured({ status, body: 'x'.repeat(40_000) });
        expect(answer).toMatchObject({ kind: 'error', isOutage: true });
        expect(JSON.stringify(answer).length).toBeLessThan(2_500);
      }
    });

    it('reports an answer that it cannot read', async () => {
      for (const body of contract.unreadable ?? ['', '<html>', '[]', '{"data":null}', '7', '"x"', 'null'])
        expect(await measured({ body })).toMatchObject({ kind: 'error' });
    });

    it('reports a server that cannot be reached', async () => {
      const origin = await serve(() => undefined);
      for (const server of servers.splice(0)) server.close();
      const refused = {
        kind: 'error',
        isOutage: true,
        message: expect.stringContaining('connection refused') as string,
      };
      expect(await measuredAt(origin)).toMatchObject(refused);
    });

    it('does not wait for ever', async () => {
      const answer = await measuredAt(await serve(() => undefined));
      const late = expect.stringMatching(/no answer within|deadline exceeded/) as string;
      expect(answer).toMatchObject({ kind: 'error', isOutage: true, message: late });
    });

    it('rejects when its caller gives up', async () => {
      const stop = new AbortController();
      const origin = await serve(() => {
        stop.abort();
        return undefined;
      });
      await expect(measuredAt(origin, stop.signal)).rejects.toThrow('aborted');
    });

    it('does not swallow an answer of any size', async () => {
      const answer = await measured({ body: ' '.repeat(100_000) });
      expect(answer).toMatchObject({ kind: 'error', message: expect.stringContaining('longer than') as string });
    });

    it('shows no secret when the server refuses and repeats what it got', async () => {
      let seen = '';
      const origin = await serve((request, body) => {
        seen += JSON.stringify([request.url, request.headers, body]);
        const said = `${seen} ${contract.secrets.join(' ')}`;
        return { status: 401, body: JSON.stringify({ error: said, errors: [{ message: said }], message: said }) };
      });
      const answer = await measuredAt(origin);
      for (const secret of contract.secrets) expect(seen).toContain(secret);
      expect(answer).toMatchObject({ kind: 'error', isOutage: true });
      expectNoSecret(JSON.stringify(answer));
    });

    it('takes no credential to another origin and follows no redirect to another protocol', async () => {
      let seen = '';
      const elsewhere = await serve((request) => {
        seen += JSON.stringify([request.url, request.headers]);
        return { status: 403, body: 'who are you' };
      });
      for (const status of [302, 307]) await measured({ status, headers: { location: `${elsewhere}/` }, body: '' });
      expectNoSecret(seen);
      const file = await measured({ status: 302, headers: { location: 'file:///etc/passwd' }, body: '' });
      expect(file).toMatchObject({ kind: 'error' });
    });
  });
}
