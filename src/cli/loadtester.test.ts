import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadtesterCommand } from './loadtester.ts';

/** Runs the command until the test ends it. */
function start(...argv: string[]) {
  const stop = new AbortController();
  const out: string[] = [];
  const err: string[] = [];
  const code = loadtesterCommand(argv, {
    stdout: (text) => out.push(text),
    stderr: (text) => err.push(text),
    signal: stop.signal,
  });
  onTestFinished(async () => {
    stop.abort();
    await code;
  });
  const url = async (): Promise<string> => {
    await expect.poll(() => err.join('')).toMatch(/Starting load tester on port \d+/);
    return `http://127.0.0.1:${/on port (\d+)/.exec(err.join(''))?.[1] ?? ''}`;
  };
  return { code, out, err, stop, url };
}

describe('serin loadtester', () => {
  it('serves, warns that anyone may call, and ends with its process', async () => {
    const tester = start('-port=0', '-bind-address=127.0.0.1', '-log-level=info');
    const url = await tester.url();
    expect(await (await fetch(`${url}/healthz`)).text()).toBe('OK');
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('process_cpu_seconds_total');
    expect(tester.err.join('')).toContain('-token-file');
    tester.stop.abort();
    expect(await tester.code).toBe(0);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
  });

  it('refuses what is no flag, instead of leaving out the flags behind it', async () => {
    const tester = start('-port=0', 'please', '-bind-address=127.0.0.1');
    expect(await tester.code).toBe(2);
    expect(tester.err.join('')).toMatch(/^Cannot use the argument "please": serin loadtester takes flags alone/);
  });

  it('lets a running request finish before it ends', async () => {
    const tester = start('-port=0', '-bind-address=127.0.0.1');
    const url = await tester.url();
    const body = JSON.stringify({
      name: 'a',
      namespace: 'b',
      metadata: { type: 'bash', cmd: 'sleep 0.3; echo done', returnCmdOutput: 't' },
    });
    const answer = fetch(url, { method: 'POST', body });
    await expect.poll(() => tester.err.join('')).toContain('task starting sleep 0.3');
    tester.stop.abort();
    expect(await (await answer).text()).toBe('done\n');
    expect(await tester.code).toBe(0);
  });

  it('asks for the token of its file, also after it was changed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'serin-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'token');
    await writeFile(file, 'first\n');
    const tester = start('-port=0', '-bind-address=127.0.0.1', `-token-file=${file}`);
    const url = await tester.url();
    const open = async (token: string): Promise<number> => {
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(`${url}/gate/open`, { method: 'POST', body: '{"name":"a","namespace":"b"}', headers }))
        .status;
    };
    expect([await open('first'), await open('second')]).toEqual([202, 401]);
    await writeFile(file, 'second\n');
    expect([await open('first'), await open('second')]).toEqual([401, 202]);
    expect(tester.err.join('')).not.toContain('NetworkPolicy');
  });

  it('explains its flags', async () => {
    const tester = start('-help');
    expect(await tester.code).toBe(0);
    expect(tester.out.join('')).toContain('-namespace-regexp string');
  });

  it.each([
    [['-nope'], 2, 'flag provided but not defined: -nope'],
    [['-port=x'], 1, '-port \\"x\\" is not a number up to 65535'],
    [['-port=0', '-namespace-regexp=('], 1, 'Invalid regular expression'],
    [['-port=0', '-token-file=/nowhere/token'], 1, 'no such file'],
  ])('refuses %j', async (argv, code, message) => {
    const tester = start(...argv);
    expect(await tester.code).toBe(code);
    expect(tester.err.join('')).toContain(message);
  });
});
