import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '#runtime/clock.ts';
import { gotHttp } from '#runtime/got-http.ts';
import { createLog } from '#runtime/log.ts';
import type { LoadPlan } from './load-plan.ts';
import { runCommand } from './run-command.ts';
import { createLoadtester, type LoadtesterOptions } from './server.ts';

/** A load tester without a port: real programs, a generator that only notes its plans. */
function start(more: Partial<LoadtesterOptions> = {}) {
  const lines: string[] = [];
  const plans: LoadPlan[] = [];
  const tester = createLoadtester({
    run: runCommand,
    load: async (plan) => {
      plans.push(plan);
      return { requests: 7, took: 1_000, outcomes: new Map([['200', 7]]), p50: 1, p99: 2 };
    },
    has: () => false,
    clock: systemClock,
    http: gotHttp({}),
    readFile: async () => 'api-key\n',
    log: createLog({ level: 'debug', write: (line) => lines.push(JSON.parse(line).msg) }),
    timeout: 60_000,
    metrics: async () => 'process_cpu_seconds_total 1\n',
    ...more,
  });
  onTestFinished(() => tester.close());
  const call = async (path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const init = body === undefined ? { headers } : { method: 'POST', body: text, headers };
    const response = await tester.fetch(new Request(`http://tester${path}`, init));
    return `${response.status} ${await response.text()}`.trim();
  };
  const task = (metadata?: Record<string, string>, namespace = 'test') =>
    call('/', { name: 'app', namespace, metadata });
  return { call, task, lines, plans };
}

const app = { name: 'app', namespace: 'test' };

describe('gates of the load tester', () => {
  it('are closed at first and separate by kind and by Canary [integrations-36]', async () => {
    const { call } = start();
    expect(await call('/gate/check', app)).toBe('403 Forbidden');
    expect(await call('/gate/open', app)).toBe('202');
    expect(await call('/gate/check', app)).toBe('200 Approved');
    expect(await call('/rollback/check', app)).toBe('403 Forbidden');
    expect(await call('/gate/check', { name: 'app', namespace: 'other' })).toBe('403 Forbidden');
    expect(await call('/gate/close', app)).toBe('202');
    expect(await call('/gate/check', app)).toBe('403 Forbidden');
    expect(await call('/rollback/open', app)).toBe('202');
    expect(await call('/rollback/check', app)).toBe('200 Approved');
  });

  it('of convenience need no body [integrations-36]', async () => {
    const { call } = start();
    expect(await call('/gate/approve')).toBe('200 OK');
    expect(await call('/gate/halt')).toBe('403 Forbidden');
    expect(await call('/healthz')).toBe('200 OK');
    expect(await call('/metrics')).toContain('process_cpu_seconds_total');
  });

  it.each(['', '{', '[]', '{"name":1}', '{"metadata":{"a":1}}'])('refuse the body %j', async (body) => {
    expect(await start().call('/gate/check', body)).toBe('400');
  });
});

describe('tasks of the load tester', () => {
  it.each([
    [undefined, 'metadata not found in payload'],
    [{}, 'metadata not found in payload'],
    [{ type: 'cmd' }, 'cmd not found in metadata'],
    [{ type: 'bash' }, 'cmd not found in metadata'],
    [{ type: 'nope', cmd: 'x' }, 'unknown task type nope'],
    [{ type: 'toString', cmd: 'x' }, 'unknown task type toString'],
    [{ type: 'http' }, 'url not found in metadata'],
    [{ type: 'ngrinder' }, 'server, clone, username and passwd are required metadata'],
  ])('with %j are refused [integrations-37]', async (metadata, message) => {
    expect(await start().task(metadata)).toBe(`400 ${message}`);
  });

  it('of type cmd are answered at once, whatever becomes of them [integrations-37]', async () => {
    const { task, lines } = start();
    expect(await task({ type: 'cmd', cmd: 'echo out; exit 3' })).toBe('202');
    await expect.poll(() => lines).toContain('command failed echo out; exit 3 exit status 3');
    expect(lines).toContain('task starting echo out; exit 3');
  });

  it('of type bash answer with how they ended [integrations-37]', async () => {
    const { task } = start();
    expect(await task({ type: 'bash', cmd: 'echo ok', returnCmdOutput: 'true' })).toBe('200 ok');
    expect(await task({ type: 'bash', cmd: 'echo ok' })).toBe('200');
    expect(await task({ type: 'bash', cmd: 'echo bad; exit 1' })).toBe(
      '500 command echo bad; exit 1 failed: bad\n: exit status 1',
    );
  });

  it('run once at a time however often they are asked for [integrations-37]', async () => {
    const { task, lines } = start();
    const started = (): number => lines.filter((line) => line.startsWith('task starting')).length;
    const finished = (): number => lines.filter((line) => line.startsWith('command finished')).length;
    const askThreeTimes = async (): Promise<void> => {
      for (const cmd of Array.from({ length: 3 }, () => ['sleep 0.6', 'sleep 0.7']).flat()) await task({ cmd });
    };
    await askThreeTimes();
    await expect.poll(started).toBe(2);
    await task({ cmd: 'sleep 0.6' });
    await expect.poll(() => lines).toContain('command skipped sleep 0.6 is already running');
    await expect.poll(finished, { timeout: 5_000 }).toBe(2);
    expect(started()).toBe(2);
    await askThreeTimes();
    await expect.poll(finished, { timeout: 5_000 }).toBe(4);
    expect(started()).toBe(4);
  });

  it('of type helm and kubectl get their arguments as words', async () => {
    const seen: string[][] = [];
    const { task } = start({
      run: async (program, args) => {
        seen.push([program, ...args]);
        return { ok: true, output: 'done\n' };
      },
    });
    expect(await task({ type: 'helm', cmd: 'test  "my app"', returnCmdOutput: '1' })).toBe('200 done');
    await task({ type: 'helmv3', cmd: 'test x' });
    await task({ type: 'kubectl', cmd: 'get pods\n-n test' });
    expect(seen).toEqual([
      ['helm', 'test', '"my', 'app"'],
      ['helm', 'test', 'x'],
      ['kubectl', 'get', 'pods', '-n', 'test'],
    ]);
  });

  it('end at the time limit, with everything that they started', async () => {
    const { task } = start({ timeout: 200 });
    const answer = await task({ type: 'bash', cmd: 'echo begun; sleep 30 & wait' });
    expect(answer).toBe('500 command echo begun; sleep 30 & wait failed: begun\n: stopped after 200ms');
  });

  it('that call hey use the built-in generator unless hey is there', async () => {
    const hey = 'hey -z 1m -q 10 -c 2 http://podinfo-canary.test:9898/';
    const without = start();
    expect(await without.task({ type: 'cmd', cmd: hey })).toBe('202');
    await expect.poll(() => without.plans).toMatchObject([{ rate: 20, concurrency: 2, duration: 60_000 }]);
    expect(await without.task({ type: 'bash', cmd: hey, returnCmdOutput: 'true' })).toContain('7 requests in 1.0s');

    const commands: string[] = [];
    const installed = start({
      has: (program) => program === 'hey',
      run: async (_, args) => ({ ok: true, output: String(commands.push(args.join(' '))) }),
    });
    await installed.task({ type: 'bash', cmd: hey });
    expect(commands).toEqual([`-c ${hey}`]);
    expect(installed.plans).toEqual([]);
  });

  it('of type concord say what they miss', async () => {
    expect(await start().task({ type: 'concord' })).toBe('500 `server` is required with type concord');
  });

  it('of type http are generated here', async () => {
    const { task, plans, lines } = start();
    expect(await task({ type: 'http', url: 'http://app.test/', qps: '5', duration: '2s', 'header.X-Y': 'z' })).toBe(
      '202',
    );
    await expect.poll(() => plans).toMatchObject([{ rate: 5, duration: 2_000, headers: { 'X-Y': 'z' } }]);
    await expect.poll(() => lines).toContain('command finished http GET http://app.test/ at 5 requests/s, 1 at a time');
  });
});

describe('access to the load tester', () => {
  it('is limited to namespaces that match [integrations-38]', async () => {
    const { call, task } = start({ namespacePattern: /^prod$/ });
    for (const path of ['/', '/gate/check', '/gate/open']) expect(await call(path, app)).toBe('403 Forbidden');
    expect(await task({ type: 'bash', cmd: 'true' }, 'prod')).toBe('200');
    expect(await call('/gate/open', { name: 'app', namespace: 'prod' })).toBe('202');
  });

  it('wants the token for what changes something, and only for that', async () => {
    const { call } = start({ token: async () => 't0ken' });
    const basic = (text: string) => ({ authorization: `Basic ${btoa(text)}` });
    const metadata = { type: 'bash', cmd: 'true' };
    for (const path of ['/', '/any/other', '/gate/open', '/gate/close', '/rollback/open', '/rollback/close']) {
      const body = { ...app, metadata };
      expect(await call(path, body)).toBe('401 Unauthorized');
      expect(await call(path, body, { authorization: 'Bearer other' })).toBe('401 Unauthorized');
      expect(await call(path, body, basic('t0ken:x'))).toBe('401 Unauthorized');
      expect(await call(path, body, { authorization: 'Bearer t0ken' })).toMatch(/^20[02]/);
      expect(await call(path, body, basic('anyone:t0ken'))).toMatch(/^20[02]/);
    }
    expect(await call('/gate/check', app)).toBe('403 Forbidden');
    expect(await call('/healthz')).toBe('200 OK');
  });

  it('stays closed when the token cannot be read', async () => {
    const { call } = start({ token: () => Promise.reject(new Error('gone')) });
    expect(await call('/gate/open', app, { authorization: 'Bearer ' })).toBe('500 Internal Server Error');
  });

  it('refuses a body of any size', async () => {
    const { call } = start();
    expect(await call('/', { ...app, metadata: { cmd: 'x'.repeat(2_000_000) } })).toMatch(/^413/);
  });
});
