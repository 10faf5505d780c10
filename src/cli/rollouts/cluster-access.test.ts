/** The plugin on a real socket: what its connection flags do, and the light transport behind them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rollouts } from '#cluster/resource.ts';
import { tlsInFrontOf } from '#runtime/self-signed.ts';
import { type HttpFront, serveHttp } from '#sandbox/http-front.ts';
import { lightTransport } from './light-transport.ts';
import { runPlugin } from './run-plugin.ts';
import { type Printed, testCluster } from './test-cluster.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'serin-access-'));
const kubeconfig = path.join(folder, 'config');
const cluster = testCluster();
let front: HttpFront;
/** The same server over TLS, as credentials are sent over nothing else. */
let secure: Awaited<ReturnType<typeof tlsInFrontOf>>;

beforeAll(async () => {
  cluster.add(rollouts, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { strategy: { canary: {} } },
    status: { phase: 'Healthy', observedGeneration: '1' },
  });
  front = await serveHttp(cluster.server, { token: 'secret' });
  secure = await tlsInFrontOf(Number(new URL(front.url).port));
  writeFileSync(kubeconfig, front.kubeconfig);
});
afterAll(async () => {
  secure.close();
  await front.close();
  rmSync(folder, { recursive: true });
});

const configOf = (user: object) => ({
  'current-context': 'x',
  contexts: [{ name: 'x', context: { cluster: 'x', user: 'x', namespace: 'default' } }],
  clusters: [{ name: 'x', cluster: { server: secure.url, 'insecure-skip-tls-verify': true } }],
  users: [{ name: 'x', user }],
});

async function run(env: Readonly<Record<string, string>>, ...argv: string[]): Promise<Printed> {
  const printed = { out: '', err: '' };
  const io = {
    stdout: (text: string) => void (printed.out += text),
    stderr: (text: string) => void (printed.err += text),
    signal: new AbortController().signal,
  };
  return { code: await runPlugin(argv, io, { env: { HOME: folder, ...env } }), ...printed };
}

describe('the connection', () => {
  it('is that of the kubeconfig on the line, or in the environment', async () => {
    const healthy = { code: 0, out: 'Healthy\n', err: '' };
    expect(await run({}, 'status', 'web', '--kubeconfig', kubeconfig)).toEqual(healthy);
    expect(await run({ KUBECONFIG: kubeconfig }, 'status', 'web')).toEqual(healthy);
    expect(await run({ KUBECONFIG: `${folder}/none:${kubeconfig}` }, 'status', 'web', '--watch=false')).toEqual(
      healthy,
    );
  });

  it('is in the namespace that is asked for', async () => {
    expect((await run({ KUBECONFIG: kubeconfig }, 'status', 'web', '-n', 'other')).err).toBe(
      'Error: rollout.argoproj.io "web" not found\n',
    );
  });

  it('takes server and token from the line', async () => {
    const line = ['status', 'web', '--kubeconfig', kubeconfig, '--server', secure.url, '--insecure-skip-tls-verify'];
    expect((await run({}, ...line, '--token', 'secret')).out).toBe('Healthy\n');
    expect((await run({}, ...line, '--token', 'wrong')).err).toBe('Error: Unauthorized\n');
  });

  it('is put together from several files, with paths that begin at each of them', async () => {
    const { users: _, ...rest } = configOf({});
    const files = { 'a/rest': rest, 'b/users': { users: configOf({ tokenFile: 'token' }).users } };
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), JSON.stringify(content));
    }
    writeFileSync(path.join(folder, 'b/token'), 'secret\n');
    const KUBECONFIG = `${folder}/a/rest:${folder}/b/users`;
    expect(await run({ KUBECONFIG }, 'status', 'web')).toEqual({ code: 0, out: 'Healthy\n', err: '' });
  });

  it('asks a program for credentials where the kubeconfig says so', async () => {
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'secret' },
    };
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', `console.log(${JSON.stringify(JSON.stringify(credential))})`],
      interactiveMode: 'Never',
    };
    const file = path.join(folder, 'exec');
    writeFileSync(file, JSON.stringify(configOf({ exec })));
    expect(await run({}, 'status', 'web', '--kubeconfig', file)).toEqual({ code: 0, out: 'Healthy\n', err: '' });
  });

  it('says what is wrong with what it was given', async () => {
    expect((await run({}, 'status', 'web', '--kubeconfig', kubeconfig, '--context', 'x')).err).toBe(
      'Error: context "x" does not exist\n',
    );
    expect((await run({}, 'status', 'web', '--kubeconfig', `${folder}/none`)).err).toContain('it is missing');
    expect((await run({}, 'status', 'web')).err).toContain(`${folder}/.kube/config names no cluster`);
    const { code, err } = await run({}, 'status', 'web', '--kubeconfig', kubeconfig, '-s', 'http://127.0.0.1:1');
    expect([code, err.split(':')[0]]).toEqual([1, 'Error']);
    expect(err).toContain('ECONNREFUSED');
  });
});

describe('the light transport', () => {
  it('sends what it is given and reads what comes', async () => {
    const seen: unknown[] = [];
    const server = createServer((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const { method, url, headers } = incoming;
        seen.push({ method, url, type: headers['content-type'], groups: headers['impersonate-group'] });
        seen.push(Buffer.concat(chunks).toString());
        outgoing.writeHead(429, { 'retry-after': '3' }).end('{"kind":"Status"}');
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const transport = lightTransport({
      server: `http://127.0.0.1:${port}/prefix/`,
      userAgent: 'test',
      timeout: 5_000,
      credentials: async () => ({ headers: { 'impersonate-group': ['a', 'b'] }, tls: {} }),
    });
    const answer = await transport.send({
      method: 'PATCH',
      path: '/apis/x',
      query: { a: ['1', '2'], b: undefined },
      contentType: 'application/merge-patch+json',
      body: { ü: 1 },
    });
    expect(answer).toEqual({ status: 429, retryAfter: 3, body: { kind: 'Status' } });
    expect(seen).toEqual([
      { method: 'PATCH', url: '/prefix/apis/x?a=1&a=2', type: 'application/merge-patch+json', groups: 'a, b' },
      '{"ü":1}',
    ]);
    await transport.close();
    server.close();
  });

  it('watches until it is told to stop, and gives up what does not answer', async () => {
    const server = createServer((incoming, outgoing) => {
      if (incoming.url?.includes('watch=true') === true)
        outgoing.write('{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n');
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const transport = lightTransport({
      server: `http://127.0.0.1:${port}`,
      userAgent: 'test',
      timeout: 200,
      credentials: async () => ({ headers: {}, tls: {} }),
    });
    const stop = new AbortController();
    const { status, lines } = await transport.watch({ path: '/x', signal: stop.signal });
    expect(status).toBe(200);
    expect((await lines.next()).value).toMatchObject({ type: 'ADDED' });
    const next = lines.next();
    await expect(transport.send({ method: 'GET', path: '/slow' })).rejects.toThrow(
      'Cannot reach the API server for GET /slow: there was no answer within 0.2 s',
    );
    stop.abort();
    await expect(next).rejects.toThrow('The watch broke');
    await transport.close();
    server.closeAllConnections();
    server.close();
  });
});
