import { describe, expect, it } from 'vitest';
import type { Clock } from '#runtime/clock.ts';
import { HttpError, type Http, type HttpRequest } from '#runtime/http.ts';
import { runConcord } from './concord.ts';
import { ngrinderTest, runNgrinder } from './ngrinder.ts';

/** A server that answers in turn, the last answer for ever, and a clock that jumps to its timers. */
function remote(...answers: readonly unknown[]) {
  const asked: HttpRequest[] = [];
  const http: Http = {
    async send(request) {
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      asked.push(request);
      if (answer instanceof Error) throw answer;
      if (typeof answer === 'number') return { status: answer, statusText: '', headers: {}, body: 'no' };
      return { status: 200, statusText: 'OK', headers: {}, body: JSON.stringify(answer) };
    },
  };
  let now = 0;
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    after(delay, run) {
      let cancelled = false;
      queueMicrotask(() => {
        if (cancelled) return;
        now += delay;
        run();
      });
      return () => {
        cancelled = true;
      };
    },
  };
  const readFile = async (path: string): Promise<string> => {
    if (path !== '/key') throw new Error('missing');
    return 'api-key\n';
  };
  return { asked, deps: { http, clock, readFile }, elapsed: () => now };
}

const forever = new AbortController().signal;

describe('runConcord', () => {
  const metadata = {
    type: 'concord',
    server: 'http://concord/',
    org: 'o',
    project: 'p',
    repo: 'r',
    entrypoint: 'e',
    apiKeyPath: '/key',
    endpoint: 'http://app',
    'arguments.count': '3',
  };

  it('starts a process and follows it to its end', async () => {
    const server = remote({ instanceId: 'i-1' }, { status: 'RUNNING' }, { status: 'FINISHED' });
    expect(await runConcord(metadata, server.deps, forever)).toEqual({ ok: true, output: '' });
    expect(server.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST http://concord/api/v1/process',
      'GET http://concord/api/v1/process/i-1',
      'GET http://concord/api/v1/process/i-1',
    ]);
    expect(server.asked[0]?.headers).toMatchObject({ authorization: 'api-key' });
    expect(server.asked[0]?.body).toContain('name="entryPoint"\r\n\r\ne\r\n');
    expect(server.asked[0]?.body).toContain('name="arguments.count"\r\n\r\n3\r\n');
    expect(server.elapsed()).toBe(5_000);
  });

  it.each([
    [{ server: '' }, '`server` is required with type concord'],
    [{ endpoint: '' }, '`endpoint` is required with type concord'],
    [{ apiKeyPath: '/nowhere' }, "`apiKeyPath` file doesn't exist /nowhere"],
    [{ 'arguments.endpoint': 'x' }, '`arguments.endpoint` is set by `endpoint`'],
    [{ pollInterval: '1s' }, '`pollInterval` "1s" is not a number of seconds'],
  ])('refuses %j', async (more, reason) => {
    expect(await runConcord({ ...metadata, ...more }, remote({}).deps, forever)).toMatchObject({ ok: false, reason });
  });

  it.each([
    [[{ instanceId: 'i' }, { status: 'FAILED' }], 'concord instanceID: i failed'],
    [[{ instanceId: 'i' }, { status: 'RUNNING' }], 'concord process timed out, after 30 seconds'],
    [[{}], 'concord did not say which process it started'],
    [[403], 'POST /api/v1/process answered 403 no'],
    [[new HttpError('network', 'Cannot call concord: connection refused')], 'Cannot call concord: connection refused'],
  ])('says why it failed: %j', async (answers, reason) => {
    expect(await runConcord(metadata, remote(...answers).deps, forever)).toMatchObject({ ok: false, reason });
  });
});

describe('runNgrinder', () => {
  const metadata = { server: 'http://ngrinder', clone: '7', username: 'u', passwd: btoa('p'), pollInterval: '2s' };
  const test = ngrinderTest(metadata);
  if (test === undefined) throw new Error('the metadata are complete');
  const status = (id: string) => ({ status: [{ status_id: id }] });

  it('starts a clone and follows it to its end', async () => {
    const server = remote({ id: 9 }, status('TESTING'), status('FINISHED'));
    expect(await runNgrinder(test, server.deps, forever)).toMatchObject({ ok: true });
    expect(server.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST http://ngrinder/perftest/api/7/clone_and_start',
      'GET http://ngrinder/perftest/api/9/status',
      'GET http://ngrinder/perftest/api/9/status',
    ]);
    expect(server.asked[0]?.headers).toEqual({ authorization: `Basic ${btoa('u:p')}` });
    expect(server.elapsed()).toBe(2_000);
  });

  it('reports a test that failed, and stops one that takes too long', async () => {
    expect(await runNgrinder(test, remote({ id: 9 }, status('CANCELED')).deps, forever)).toMatchObject({
      reason: 'nGrinder test 9 ended as CANCELED',
    });
    const server = remote({ id: 9 }, status('TESTING'));
    expect(await runNgrinder(test, server.deps, AbortSignal.abort())).toMatchObject({
      reason: 'nGrinder test 9 was stopped',
    });
    expect(server.asked.at(-1)).toMatchObject({ method: 'PUT', url: 'http://ngrinder/perftest/api/9?action=stop' });
  });

  it.each([{ server: '' }, { clone: 'x' }, { username: '' }, { passwd: '' }, { passwd: '!' }])('refuses %j', (more) => {
    expect(ngrinderTest({ ...metadata, ...more })).toBeUndefined();
  });

  it('asks each second unless it is told otherwise', () => {
    expect(ngrinderTest({ ...metadata, pollInterval: 'x' })?.pollInterval).toBe(1_000);
  });
});
