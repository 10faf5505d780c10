import { describe, expect, it } from 'vitest';
import { HttpError, type Http, type HttpRequest, type HttpResponse } from '#runtime/http.ts';
import { deliver, type AlertTarget } from './deliver.ts';
import type { Alert } from './notifier.ts';

const alert: Alert = {
  severity: 'warn',
  message: 'Canary is waiting for approval.',
  name: 'podinfo',
  namespace: 'test',
  fields: [],
};
const target: AlertTarget = {
  type: 'slack',
  receiver: {
    address: 'https://chat.example/hook/s3cret-path',
    token: 's3cret-token',
    channel: 'general',
    username: 'flagger',
    proxy: 'http://user:s3cret-pass@proxy.example',
  },
};

const answering = (answer: Partial<HttpResponse> | Error, seen: HttpRequest[] = []): Http => ({
  async send(request) {
    seen.push(request);
    if (answer instanceof Error) throw answer;
    return { status: 200, statusText: '', headers: {}, body: 'ok', ...answer };
  },
});

describe('deliver', () => {
  it('posts JSON once, with five seconds and by the proxy of the receiver', async () => {
    const seen: HttpRequest[] = [];
    expect(await deliver(target, alert, answering({ status: 204, body: '' }, seen))).toEqual({ ok: true });
    expect(seen).toMatchObject([
      {
        method: 'POST',
        url: 'https://chat.example/hook/s3cret-path',
        headers: { 'Content-Type': 'application/json', Authorization: 'Bearer s3cret-token' },
        timeout: 5_000,
        proxy: 'http://user:s3cret-pass@proxy.example',
      },
    ]);
  });

  it.each([
    [{ status: 404, body: 'no such hook' }, 'postMessage failed: sending notification bad response 404: no such hook'],
    [{ status: 302, body: '' }, 'postMessage failed: sending notification bad response 302: '],
    [{ body: '{"ok":false,"error":"invalid_auth"}' }, 'postMessage failed: the service refused it: invalid_auth'],
    [
      new HttpError('timeout', 'Cannot call chat.example: no answer within 5000ms'),
      'postMessage failed: sending notification failed: Cannot call chat.example: no answer within 5000ms',
    ],
  ])('tells why it failed: %j', async (answer, message) => {
    expect(await deliver(target, alert, answering(answer))).toEqual({ ok: false, message });
  });

  it('repeats no secret that the service repeats, and not more than needed', async () => {
    const body = `POST https://chat.example/hook/s3cret-path by s3cret-token ${'x'.repeat(5_000)}`;
    const delivery = await deliver(target, alert, answering({ status: 500, body }));
    const text = JSON.stringify(delivery);
    expect(text).not.toContain('s3cret');
    expect(text.length).toBeLessThan(1_000);
  });

  it('rejects when its caller gives up', async () => {
    const stop = AbortSignal.abort(new Error('stopped'));
    const http = answering(new HttpError('aborted', 'Cannot call chat.example: the call was cancelled'));
    await expect(deliver(target, alert, http, stop)).rejects.toThrow('stopped');
  });
});
