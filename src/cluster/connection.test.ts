/** Kubeconfigs of all kinds, against a server that looks at the credentials. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { tlsInFrontOf } from '#runtime/self-signed.ts';
import { type ConnectOptions, connect } from './connection.ts';
import { handClock } from './hand-clock.ts';
import { ConnectionError } from './transport.ts';

const ends: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'serin-kubeconfig-'));
  ends.push(() => rm(path, { recursive: true }));
  return path;
}

/** A kubeconfig for a server on loopback that answers 401 unless `accepts` the headers. */
async function start(
  user: object,
  accepts: (headers: IncomingHttpHeaders) => boolean,
  options: Partial<ConnectOptions> = {},
) {
  const server = createServer(({ headers }, response) => {
    response.writeHead(accepts(headers) ? 200 : 401, { 'content-type': 'application/json' }).end('{"kind":"Answer"}');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const secure = await tlsInFrontOf(typeof address === 'object' ? (address?.port ?? 0) : 0);
  ends.push(() => secure.close());
  const time = handClock();
  const kubeconfigText = async () =>
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: secure.url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'test' } }],
      'current-context': 'x',
    });
  const connection = await connect({ clock: time.clock, kubeconfigText, ...options });
  const transport = connection.open();
  ends.push(() => transport.close());
  const call = async () => (await transport.send({ method: 'GET', path: '/version' })).status;
  return { ...time, connection, call };
}

describe('credentials', () => {
  it.each<[string, object, string]>([
    ['a token', { token: 'abc' }, 'Bearer abc'],
    ['user and password', { username: 'jane', password: 'pw' }, `Basic ${Buffer.from('jane:pw').toString('base64')}`],
  ])('are %s', async (_, user, wanted) => {
    const { call, connection } = await start(user, ({ authorization }) => authorization === wanted);
    expect([await call(), connection.namespace]).toEqual([200, 'test']);
  });

  it('in a text are read again when they are refused', async () => {
    const user = { token: 'old' };
    let valid = 'old';
    const { call } = await start(user, ({ authorization }) => authorization === `Bearer ${valid}`);
    expect(await call()).toBe(200);
    user.token = 'new';
    valid = 'new';
    expect(await call()).toBe(200);
  });

  it('of an exec plugin are asked for once for all who wait, and again on 401', async () => {
    const path = await directory();
    const plugin = join(path, 'plugin.mjs');
    await writeFile(
      plugin,
      `import { appendFileSync, readFileSync } from 'node:fs';
       appendFileSync(${JSON.stringify(join(path, 'runs'))}, 'x');
       const runs = readFileSync(${JSON.stringify(join(path, 'runs'))}, 'utf8').length;
       console.log(JSON.stringify({ kind: 'ExecCredential', status: { token: 'run-' + runs } }));`,
    );
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: [plugin] };
    let wanted = 'Bearer run-1';
    const { call, pass } = await start({ exec }, ({ authorization }) => authorization === wanted);
    expect(await Promise.all([call(), call(), call()])).toEqual([200, 200, 200]);
    await pass(10_000);
    wanted = 'Bearer run-2';
    expect(await Promise.all([call(), call()])).toEqual([200, 200]);
  });

  it.each(['token-that-is-no-json', '"token-without-an-object"'])(
    'of a plugin that prints %s are never quoted',
    async (printed) => {
      const args = ['-e', `console.log(${JSON.stringify(printed)})`];
      const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args };
      const { call } = await start({ exec }, () => true);
      const wanted = `Cannot get credentials: ${process.execPath} printed no ExecCredential in JSON`;
      const error = await call().catch((thrown: unknown) => thrown);
      expect(String(error)).toContain(wanted);
      expect(String(error)).not.toContain('token');
    },
  );

  it('that a plugin does not give are a connection error without its stack', async () => {
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', 'console.error("log in first"); process.exit(1)'],
    };
    const { call } = await start({ exec }, () => true);
    const error = await call().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(String(error)).toContain('Cannot get credentials: log in first');
  });
});

describe('a kubeconfig', () => {
  it('that is missing or broken is named, and never quoted', async () => {
    const { clock } = handClock();
    await expect(connect({ clock, kubeconfig: '/does/not/exist' })).rejects.toThrow(
      'Cannot read /does/not/exist: it is missing',
    );
    const error = await connect({ clock, kubeconfigText: async () => 'users: [token: s3cret: {' }).catch(
      (thrown: unknown) => thrown,
    );
    expect(String(error)).toContain('Cannot read the given kubeconfig');
    expect(String(error)).not.toContain('s3cret');
  });
});
