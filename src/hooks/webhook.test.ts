import { createServer, type RequestListener } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock, type Clock } from '#runtime/clock.ts';
import { gotHttp } from '#runtime/got-http.ts';
import { HttpError, type Http, type HttpFailure, type HttpRequest } from '#runtime/http.ts';
import { callWebhook, eventPayload, webhookPayload, type Webhook } from './webhook.ts';

const about = { name: 'podinfo', namespace: 'test', phase: 'Progressing', checksum: '85d557f47b' };

type Turn = { status: number; body?: string; headers?: Record<string, string> } | HttpFailure;

/** A receiver that answers in turn, the last answer for ever, and a clock that only notes the waits. */
function receiver(...turns: readonly Turn[]) {
  const asked: HttpRequest[] = [];
  const waits: number[] = [];
  const http: Http = {
    async send(request) {
      const turn = turns[Math.min(asked.length, turns.length - 1)];
      asked.push(request);
      if (turn === undefined) throw new Error('nothing to answer');
      if (typeof turn === 'string') throw new HttpError(turn, `Cannot call h: ${turn}`);
      return { status: turn.status, statusText: '', headers: turn.headers ?? {}, body: turn.body ?? '' };
    },
  };
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    after(delay, run) {
      waits.push(delay);
      queueMicrotask(run);
      return () => {};
    },
  };
  const call = (hook: Partial<Webhook> = {}) =>
    callWebhook({ url: 'http://h/', ...hook }, webhookPayload(about), { http, clock });
  return { asked, waits, call };
}

describe('callWebhook', () => {
  it.each([200, 201, 202, 199])('takes %i for a yes [integrations-29] [canary-22]', async (status) => {
    expect(await receiver({ status }).call()).toEqual({ ok: true, status });
  });

  it.each([203, 204, 302, 400, 403, 501])(
    'takes %i for a no, at once and with what was said [integrations-29] [canary-22]',
    async (status) => {
      const hook = receiver({ status, body: 'no' });
      expect(await hook.call({ retries: 3 })).toEqual({ ok: false, message: 'no' });
      expect(hook.asked).toHaveLength(1);
    },
  );

  it.each([429, 500, 502, 503])('gives up after %i [integrations-29]', async (status) => {
    const hook = receiver({ status, body: 'boom' });
    expect(await hook.call()).toEqual({ ok: false, message: 'POST http://h/ giving up after 1 attempt(s)' });
  });

  it('asks again as often as it may [integrations-29] [canary-22]', async () => {
    const hook = receiver({ status: 500, body: 'boom' });
    expect(await hook.call({ retries: 1 })).toEqual({
      ok: false,
      message: 'POST http://h/ giving up after 2 attempt(s)',
    });
    expect(hook.waits).toEqual([1_000]);
  });

  it('waits longer each time, up to half a minute', async () => {
    const hook = receiver('network');
    expect(await hook.call({ retries: 7 })).toEqual({
      ok: false,
      message: 'POST http://h/ giving up after 8 attempt(s): Cannot call h: network',
    });
    expect(hook.waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it('succeeds when a later attempt does', async () => {
    const hook = receiver('timeout', { status: 500 }, { status: 200 });
    expect(await hook.call({ retries: 2 })).toEqual({ ok: true, status: 200 });
  });

  it.each([
    [429, '7', 7_000],
    [503, '0', 0],
    [503, '86400', 300_000],
    [500, '7', 1_000],
    [503, 'soon', 1_000],
    [503, 'Thu, 01 Jan 1970 00:00:09 GMT', 9_000],
    [503, 'Wed, 31 Dec 1969 23:00:00 GMT', 0],
  ])('after %i with Retry-After %s waits %i ms', async (status, after, expected) => {
    const hook = receiver({ status, headers: { 'retry-after': after } }, { status: 200 });
    await hook.call({ retries: 1 });
    expect(hook.waits).toEqual([expected]);
  });

  it.each(['bad-request', 'certificate', 'too-many-redirects'] as const)('does not repeat a %s', async (kind) => {
    const hook = receiver(kind);
    const message = `POST http://h/ giving up after 1 attempt(s): Cannot call h: ${kind}`;
    expect(await hook.call({ retries: 3 })).toEqual({ ok: false, message });
  });

  it('limits each attempt, by default to ten seconds', async () => {
    const hook = receiver({ status: 200 });
    await hook.call();
    await hook.call({ timeout: '' });
    await hook.call({ timeout: '1m', disableTLS: true });
    expect(hook.asked.map(({ timeout }) => timeout)).toEqual([10_000, 10_000, 60_000]);
    expect(hook.asked.map(({ insecureSkipVerify }) => insecureSkipVerify)).toEqual([undefined, undefined, true]);
    expect(hook.asked[0]?.redirects).toBe(10);
  });

  it('does not call with a timeout that it cannot read', async () => {
    const hook = receiver({ status: 200 });
    expect(await hook.call({ timeout: '1mx' })).toMatchObject({ ok: false, message: expect.stringContaining('"1mx"') });
    expect(hook.asked).toHaveLength(0);
  });

  it('never shows the credentials in its URL', async () => {
    const url = 'http://user:p@ss@h/load?x=a@b';
    const answer = await receiver({ status: 500 }).call({ url });
    expect(answer).toEqual({ ok: false, message: 'POST http://h/load?x=a@b giving up after 1 attempt(s)' });
  });

  it('rejects when its caller gives up', async () => {
    const { http } = { http: { send: () => Promise.reject(new HttpError('aborted', 'stop')) } };
    const clock: Clock = { now: () => 0, monotonic: () => 0, after: () => () => {} };
    const call = callWebhook({ url: 'http://h/' }, webhookPayload(about), { http, clock }, AbortSignal.abort());
    await expect(call).rejects.toThrow('aborted');
  });
});

describe('payloads', () => {
  it('are those of the original [canary-23]', async () => {
    const hook = receiver({ status: 200 });
    await hook.call();
    expect(hook.asked[0]).toMatchObject({
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"name":"podinfo","namespace":"test","phase":"Progressing","checksum":"85d557f47b"}',
    });
    expect(JSON.stringify(webhookPayload(about, { test: 'all', a: 'b' }))).toMatch(
      /,"metadata":\{"a":"b","test":"all"\}\}$/,
    );
  });

  it('of events keep what happened and add what the user wants [integrations-35]', () => {
    const event = { message: 'Scaling up', type: 'Normal', at: 1578607635167 } as const;
    expect(eventPayload(about, event, { env: 'prod', eventType: 'mine' }).metadata).toEqual({
      env: 'prod',
      eventMessage: 'Scaling up',
      eventType: 'Normal',
      timestamp: '1578607635167',
    });
  });
});

describe('callWebhook over a real connection', () => {
  async function called(handler: RequestListener, hook: Partial<Webhook> = {}) {
    const server = createServer(handler);
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    const host = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    const url = `http://user:secret@${host}/load`;
    const deps = { http: gotHttp({}), clock: systemClock };
    const answer = await callWebhook({ url, ...hook }, webhookPayload(about), deps);
    return JSON.stringify(answer).replaceAll(host, 'HOST');
  }

  it('follows redirects, and judges where they end [integrations-29]', async () => {
    const to =
      (status: number): RequestListener =>
      (request, response) => {
        if (request.url === '/load') response.writeHead(302, { location: '/there' }).end();
        else response.writeHead(request.method === 'GET' ? status : 500).end();
      };
    expect(await called(to(200))).toBe('{"ok":true,"status":200}');
    expect(await called(to(204))).toBe('{"ok":false,"message":""}');
  });

  it('gives up a receiver that takes too long [integrations-29]', async () => {
    expect(await called(() => {}, { timeout: '50ms' })).toBe(
      '{"ok":false,"message":"POST http://HOST/load giving up after 1 attempt(s): Cannot call HOST: no answer within 50ms"}',
    );
  });

  it('waits a second before it asks again [integrations-29]', async () => {
    const times: number[] = [];
    await called(
      (_, response) => {
        times.push(performance.now());
        response.writeHead(500).end('boom');
      },
      { retries: 1 },
    );
    const [first = 0, second = 0] = times;
    expect(times).toHaveLength(2);
    expect(second - first).toBeGreaterThanOrEqual(990);
  });
});
