/** The tests that every metric provider has to pass, against a scripted server on loopback. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '#runtime/clock.ts';
import { gotHttp } from '#runtime/got-http.ts';
import type { Http } from '#runtime/http.ts';
import type { MakeProvider, ProviderConfig } from './provider.ts';

/** What the server answers. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ProviderContract {
  readonly name: string;
  readonly make: MakeProvider;
  /** A configuration for a server at this address, with credentials. */
  readonly config: (address: string) => ProviderConfig;
  /** Every text in that configuration that may not be seen, and where a request carries it. */
  readonly secrets: readonly string[];
  readonly query: string;
  readonly interval: string;
  readonly replies: {
    /** One series with the value 42. */
    readonly value: Reply;
    readonly several: { readonly reply: Reply; readonly value: number };
    readonly empty: Reply;
    /** Absent where the answer's format has no NaN. */
    readonly nan?: Reply;
    readonly badQuery?: Reply;
    /** What makes `online` say yes. */
    readonly online: Reply;
  };
}

/** Small enough that no test waits for a real limit, and enough for a machine with much else to do. */
const quickHttp: Http = (() => {
  const real = gotHttp({});
  return {
    send: (request) => real.send({ ...request, timeout: Math.min(request.timeout, 1_000), maxBytes: 50_000 }),
  };
})();

const deps = { http: quickHttp, clock: systemClock };

export function providerContract(contract: ProviderContract): void {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** Answers every request; without a reply it stays silent. */
  async function serve(reply: (request: IncomingMessage) => Reply | undefined): Promise<string> {
    const server = createServer((request, response) => {
      const answer = reply(request);
      if (answer !== undefined) response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
    });
    servers.push(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server does not listen on TCP');
    return `http://127.0.0.1:${address.port}`;
  }

  const providerAt = (address: string) => contract.make(contract.config(address), deps);
  const measured = async (reply: Reply) =>
    await providerAt(await serve(() => reply)).measure(contract.query, contract.interval);

  function expectNoSecret(text: string): void {
    for (const secret of contract.secrets) expect(text).not.toContain(secret);
  }

  describe(`metric provider ${contract.name}`, () => {
    it('gives the value of one series', async () => {
      expect(await measured(contract.replies.value)).toEqual({ kind: 'value', value: 42, series: 1 });
    });

    it('takes one value of several', async () => {
      const { reply, value } = contract.replies.several;
      expect(await measured(reply)).toMatchObject({ kind: 'value', value });
    });

    it('says that there are no data', async () => {
      expect(await measured(contract.replies.empty)).toEqual({ kind: 'no-data', message: 'no values found' });
    });

    it.runIf(contract.replies.nan)('tells NaN from no data', async () => {
      expect(await measured(contract.replies.nan ?? { body: '' })).toEqual({ kind: 'nan', message: 'no values found' });
    });

    it.runIf(contract.replies.badQuery)('tells a bad query from a bad server', async () => {
      expect(await measured(contract.replies.badQuery ?? { body: '' })).toMatchObject({ kind: 'bad-query' });
    });

    it('reports an error of the server with what it said, bounded', async () => {
      const short = await measured({ status: 503, body: 'down for repair' });
      expect(short).toMatchObject({ kind: 'provider-error', message: expect.stringContaining('down for repair') });
      const long = await measured({ status: 500, body: 'x'.repeat(40_000) });
      expect(JSON.stringify(long).length).toBeLessThan(2_000);
    });

    it('reports an answer that it cannot read', async () => {
      for (const body of ['', '<html>', '[]', '{"data":null}']) {
        expect(await measured({ body })).toMatchObject({ kind: 'provider-error' });
      }
    });

    it('reports a server that cannot be reached', async () => {
      const address = await serve(() => undefined);
      for (const server of servers.splice(0)) server.close();
      const refused = await providerAt(address).measure(contract.query, contract.interval);
      expect(refused).toMatchObject({ kind: 'provider-error', message: expect.stringContaining('connection refused') });
    });

    it('does not wait for ever', async () => {
      const address = await serve(() => undefined);
      const late = await providerAt(address).measure(contract.query, contract.interval);
      expect(late).toMatchObject({ kind: 'provider-error', message: expect.stringContaining('no answer within') });
    });

    it('rejects when its caller gives up', async () => {
      const stop = new AbortController();
      const address = await serve(() => {
        stop.abort();
        return undefined;
      });
      await expect(providerAt(address).measure(contract.query, contract.interval, stop.signal)).rejects.toThrow(
        'aborted',
      );
    });

    it('does not swallow an answer of any size', async () => {
      const answer = await measured({ body: ' '.repeat(100_000) });
      expect(answer).toMatchObject({ kind: 'provider-error', message: expect.stringContaining('longer than') });
    });

    it('shows no secret when the server refuses and repeats what it got', async () => {
      let seen = '';
      const address = await serve((request) => {
        seen = JSON.stringify([request.url, request.headers]);
        return { status: 401, body: `unauthorized: ${seen} ${contract.secrets.join(' ')}` };
      });
      const answer = await providerAt(address).measure(contract.query, contract.interval);
      expect(contract.secrets.some((secret) => seen.includes(secret))).toBe(true);
      expect(answer).toMatchObject({ kind: 'provider-error' });
      expectNoSecret(JSON.stringify(answer));
    });

    it('takes no credential to another origin and follows no redirect to another protocol', async () => {
      let seen = '';
      const elsewhere = await serve((request) => {
        seen = JSON.stringify([request.url, request.headers]);
        return { status: 403, body: 'who are you' };
      });
      await measured({ status: 307, headers: { location: `${elsewhere}/` }, body: '' });
      expectNoSecret(seen);
      const file = await measured({ status: 302, headers: { location: 'file:///etc/passwd' }, body: '' });
      expect(file).toMatchObject({ kind: 'provider-error' });
    });

    it('knows whether its server is there', async () => {
      const up = await serve(() => contract.replies.online);
      expect(await providerAt(up).online()).toEqual({ ok: true });
      const down = await serve(() => ({ status: 502, body: 'bad gateway' }));
      expect(await providerAt(down).online()).toMatchObject({ ok: false, message: expect.stringContaining('502') });
    });
  });
}
