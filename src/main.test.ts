/** The process as a whole, where it has not begun to work yet: what it makes of its arguments and of the API server's first answers. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { controllerCommand } from '#cli/controller.ts';

/** A server on loopback; gives its port. */
async function listen(answer: RequestListener): Promise<number> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen on TCP');
  return address.port;
}

async function kubeconfig(port: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'serin-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'kubeconfig');
  const [cluster, context] = [
    { name: 'c', cluster: { server: `http://127.0.0.1:${port}` } },
    { name: 'c', context: { cluster: 'c', user: '' } },
  ];
  await writeFile(file, JSON.stringify({ 'current-context': 'c', clusters: [cluster], contexts: [context] }));
  return file;
}

async function run(argv: readonly string[], stop = new AbortController()): Promise<{ code: number; err: string }> {
  const err: string[] = [];
  const io = { stdout: () => {}, stderr: (text: string) => void err.push(text), signal: stop.signal };
  const code = await controllerCommand(['flagger', ...argv], io);
  return { code, err: err.join('') };
}

it('ends at once when it is asked to, although the API server does not answer', async () => {
  const stop = new AbortController();
  const file = await kubeconfig(await listen(() => stop.abort()));
  const { code, err } = await run([`-kubeconfig=${file}`, '-port=0'], stop);
  expect(code).toBe(0);
  expect(err).not.toContain('error');
});

it.each([
  [401, 'the API server answers 401, check the credentials of this account'],
  [403, 'the API server answers 403, check the role of this account'],
  [404, 'its CRD is missing, apply deploy/crds first'],
  [400, 'the API server answers 400'],
])('says what to do about %d', async (status, wanted) => {
  const port = await listen((_, response) => void response.writeHead(status).end('{}'));
  const { code, err } = await run([`-kubeconfig=${await kubeconfig(port)}`, '-port=0']);
  expect(code).toBe(1);
  expect(err).toContain(`Cannot list canaries.flagger.app: ${wanted}"`);
});

it('asks the server that -master names', async () => {
  const master = await listen((_, response) => void response.writeHead(404).end('{}'));
  const other = await listen((_, response) => void response.writeHead(401).end('{}'));
  const { err } = await run([`-kubeconfig=${await kubeconfig(other)}`, `-master=127.0.0.1:${master}`, '-port=0']);
  expect(err).toContain('its CRD is missing');
});

it('warns when routing objects shall be in another cluster', async () => {
  const port = await listen((_, response) => void response.writeHead(404).end('{}'));
  const file = await kubeconfig(port);
  const argv = [`-kubeconfig=${file}`, '-port=0'];
  expect((await run([...argv, '-kubeconfig-service-mesh=/other'])).err).toContain(
    '-kubeconfig-service-mesh=/other has no effect',
  );
  expect((await run([...argv, `-kubeconfig-service-mesh=${file}`])).err).not.toContain('service-mesh');
});

it('says that its port is in use', async () => {
  const port = await listen(() => {});
  const { code, err } = await run([`-kubeconfig=${await kubeconfig(port)}`, `-port=${port}`]);
  expect(code).toBe(1);
  expect(err).toContain(`Cannot listen on port ${port}: it is in use; choose another with -port`);
});

it.each([
  ['x', 'Cannot use the argument "x": serin controller flagger takes flags alone, each written as -name=value'],
  ['-port=99999', 'Cannot set -port to 99999: it must be from 0 to 65535'],
  ['-traffic-drain=-1s', 'Cannot set -traffic-drain to -1s: it must be 0s or more'],
  ['-min-analysis-interval=0s', 'Cannot set -min-analysis-interval to 0s: it must be greater than 0s'],
  ['-control-loop-interval=0s', 'Cannot set -control-loop-interval to 0s: it must be greater than 0s'],
  ['-shards=0', 'Cannot set -shards to 0: it must be from 1 to 256'],
  ['-lease-duration=5s', 'Cannot set -lease-duration to 5s: it must be 6s or more'],
  ['-kubeconfig-burst=0', 'Cannot set -kubeconfig-burst to 0: it must be 1 or more'],
])('refuses %s', async (argument, message) => {
  const { code, err } = await run([argument, 'y']);
  expect([code, err.split('\n')[0]]).toEqual([2, message]);
});

it('refuses shards without Leases', async () => {
  const { code, err } = await run(['-shards=2']);
  expect([code, err]).toEqual([2, 'Cannot set -shards to 2: shards need -enable-leader-election\n']);
});
