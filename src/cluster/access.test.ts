/** Which API server is found, by which way, and whose credentials are sent there. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AccessOptions, findAccess } from './access.ts';
import { handClock } from './hand-clock.ts';
import type { Fields } from './kubeconfig.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'serin-access-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | object): string {
  const place = path.join(folder, name);
  mkdirSync(path.dirname(place), { recursive: true });
  writeFileSync(place, typeof content === 'string' ? content : JSON.stringify(content));
  return place;
}

const configOf = (cluster: Fields, user: Fields = {}) => ({
  'current-context': 'x',
  contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'web' } }],
  clusters: [{ name: 'c', cluster: { server: 'https://one', ...cluster } }],
  users: [{ name: 'u', user }],
});

const time = handClock();
/** In a home without a kubeconfig, and in no pod. */
const find = (options: Partial<AccessOptions> = {}) =>
  findAccess({ clock: time.clock, env: { HOME: folder }, serviceAccount: path.join(folder, 'none'), ...options });

describe('a kubeconfig', () => {
  it('is that of the path, of KUBECONFIG, or the one at home', async () => {
    const [asked, listed] = [file('asked', configOf({ server: 'https://asked' })), file('listed', configOf({}))];
    file('.kube/config', configOf({ server: 'https://home' }));
    const KUBECONFIG = `${folder}/missing:${listed}`;
    expect((await find({ kubeconfig: asked, env: { KUBECONFIG } })).server).toBe('https://asked');
    expect((await find({ env: { KUBECONFIG, HOME: folder } })).server).toBe('https://one');
    expect(await find()).toMatchObject({ server: 'https://home', namespace: 'web' });
  });

  it('of which several are listed is made of them all', async () => {
    const { users: _, ...rest } = configOf({});
    const users = [{ name: 'u', user: { tokenFile: 'token' } }];
    const KUBECONFIG = `${file('a/rest', rest)}:${file('b/users', { users })}`;
    file('b/token', 'beside-its-file');
    const { server, credentials } = await find({ env: { KUBECONFIG } });
    expect([server, (await credentials(false)).headers]).toEqual([
      'https://one',
      { authorization: 'Bearer beside-its-file' },
    ]);
  });

  it('has a token in a file, which is read again each minute and when it is refused', async () => {
    const kubeconfig = file('config', configOf({}, { tokenFile: 'token' }));
    const { credentials } = await find({ kubeconfig });
    const sent = async (rejected: boolean) => (await credentials(rejected)).headers['authorization'];
    file('token', 'first\n');
    expect(await sent(false)).toBe('Bearer first');
    file('token', 'second\n');
    expect(await sent(false)).toBe('Bearer first');
    await time.pass(61_000);
    expect(await sent(false)).toBe('Bearer second');
    file('token', 'third\n');
    expect(await sent(true)).toBe('Bearer third');
  });

  it('is read anew when its credentials are refused', async () => {
    const kubeconfig = file('config', configOf({}, { token: 'old' }));
    const { credentials } = await find({ kubeconfig });
    expect((await credentials(false)).headers).toEqual({ authorization: 'Bearer old' });
    file('config', configOf({}, { token: 'new', as: 'jane' }));
    expect((await credentials(true)).headers).toEqual({ authorization: 'Bearer new', 'impersonate-user': 'jane' });
  });

  it('that leads to another server when it is read anew has no credentials for the one in use', async () => {
    const kubeconfig = file('config', configOf({}, { token: 'old' }));
    const { credentials } = await find({ kubeconfig });
    file('config', configOf({ server: 'https://two' }, { token: 'of-two' }));
    await expect(credentials(true)).rejects.toThrow(
      'Cannot get new credentials: the kubeconfig names another API server now: restart Serin',
    );
    expect((await credentials(false)).headers).toEqual({ authorization: 'Bearer old' });
  });

  it('shows credentials over TLS alone', async () => {
    const user = { token: 't', 'client-key-data': 'a2V5', exec: { command: 'login' }, as: 'jane', 'as-groups': ['a'] };
    const kubeconfig = file('config', configOf({ server: 'http://one' }, user));
    const { credentials, needsLogin } = await find({ kubeconfig });
    expect(needsLogin).toBe(false);
    expect(await credentials(false)).toEqual({
      headers: { 'impersonate-user': 'jane', 'impersonate-group': ['a'] },
      tls: {},
    });
  });

  it('that a program logs in for still says as whom, and whom to trust', async () => {
    const credential = { kind: 'ExecCredential', status: { token: 'given' } };
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: './bin/login',
      args: ['-e', `console.log(${JSON.stringify(JSON.stringify(credential))})`],
    };
    const user = { exec, as: 'jane', 'as-groups': ['a', 'b'] };
    chmodSync(file('bin/login', `#!/bin/sh\nexec ${process.execPath} "$@"\n`), 0o755);
    const kubeconfig = file('config', configOf({ 'certificate-authority-data': 'Q0E=' }, user));
    const access = await find({ kubeconfig });
    expect(access.needsLogin).toBe(true);
    expect(await access.credentials(false)).toMatchObject({
      headers: { authorization: 'Bearer given', 'impersonate-user': 'jane', 'impersonate-group': ['a', 'b'] },
      tls: { ca: 'CA' },
    });
  });

  it.each<[Fields, Fields, string]>([
    [{ server: 'https://other:6443' }, {}, 'https://other:6443'],
    [{ server: 'other:8080' }, {}, 'http://other:8080'],
    [{ server: 'other:6443', 'certificate-authority-data': 'QQ==' }, {}, 'https://other:6443'],
    [{ server: 'other:6443', 'insecure-skip-tls-verify': true }, {}, 'https://other:6443'],
    [{ server: 'other:6443' }, { 'client-certificate-data': 'QQ==' }, 'https://other:6443'],
  ])('says with %j and %j which protocol is spoken', async (cluster, user, wanted) => {
    const text = JSON.stringify(configOf(cluster, user));
    expect((await find({ kubeconfigText: async () => text })).server).toBe(wanted);
  });

  it.each<[object, string]>([
    [
      configOf({ server: '' }),
      'Cannot connect: the cluster of the context has no server: set "server" of it in the kubeconfig',
    ],
    [
      { ...configOf({}), 'current-context': '' },
      'Cannot connect: the given kubeconfig does not say which cluster: set current-context in it',
    ],
    [{ ...configOf({}), contexts: [] }, 'context "x" does not exist'],
    [
      configOf({ server: 'ftp://me:secret@other' }),
      'Cannot connect to the API server "ftp://other": it must be an http or https URL',
    ],
    [
      configOf({ server: 'https://me:secret@other:6443' }),
      'Cannot connect to the API server "https://other:6443": name and password must not be in its URL, but in the user of the kubeconfig',
    ],
    [
      configOf({ 'proxy-url': 'ftp://me:secret@proxy' }),
      'Cannot connect through the proxy "ftp://proxy": proxy-url must be an http, https or socks5 URL',
    ],
  ])('that cannot be used says why: %j', async (config, message) => {
    const kubeconfigText = async () => JSON.stringify(config);
    await expect(find({ kubeconfigText })).rejects.toThrow(new Error(message));
  });
});

describe('the proxy', () => {
  it('is that of the kubeconfig, or of the environment', async () => {
    const env = { HTTPS_PROXY: 'http://environment', NO_PROXY: 'two' };
    const proxyOf = async (cluster: Fields) =>
      (await find({ kubeconfig: file('config', configOf(cluster)), env })).proxyUrl;
    expect(await proxyOf({ 'proxy-url': 'socks5://proxy:1080' })).toBe('socks5://proxy:1080');
    expect(await proxyOf({})).toBe('http://environment');
    expect(await proxyOf({ server: 'https://two' })).toBeUndefined();
    expect(await proxyOf({ 'proxy-url': 'socks5h://proxy:1080' })).toBe('socks5://proxy:1080');
  });

  it.each<[Readonly<Record<string, string>>, string]>([
    [{ HTTPS_PROXY: 'ftp://me:secret@proxy' }, '"ftp://proxy": HTTPS_PROXY'],
    [{ https_proxy: 'me:secret@proxy:port' }, '"http://proxy:port": https_proxy'],
  ])('that cannot be used is told of by its variable: %j', async (env, wanted) => {
    const message = `Cannot connect through the proxy ${wanted} must be an http, https or socks5 URL`;
    await expect(find({ kubeconfig: file('config', configOf({})), env })).rejects.toThrow(new Error(message));
  });
});

describe('the service account of a pod', () => {
  const env = () => ({ HOME: folder, KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' });
  const inPod = (options: Partial<AccessOptions> = {}) =>
    find({ env: env(), serviceAccount: path.join(folder, 'account'), ...options });
  beforeEach(() => {
    file('account/token', 'of-the-pod\n');
    file('account/ca.crt', 'CA');
    file('account/namespace', 'rollouts\n');
  });

  it('is taken where there is no kubeconfig', async () => {
    const { server, namespace, credentials } = await inPod();
    expect([server, namespace]).toEqual(['https://[fd00::1]:443', 'rollouts']);
    expect(await credentials(false)).toMatchObject({
      headers: { authorization: 'Bearer of-the-pod' },
      tls: { ca: 'CA' },
    });
    expect((await inPod({ env: { ...env(), POD_NAMESPACE: 'told' } })).namespace).toBe('told');
  });

  it('is taken where the kubeconfigs of the environment are missing or empty', async () => {
    const KUBECONFIG = `${file('empty', '')}:${folder}/missing`;
    expect((await inPod({ env: { ...env(), KUBECONFIG } })).server).toBe('https://[fd00::1]:443');
  });

  it('gives way to what flags say, field by field', async () => {
    const userFields = { token: 'given', tokenFile: undefined, as: 'jane' };
    const { server, credentials } = await inPod({ overrides: { userFields } });
    expect(server).toBe('https://[fd00::1]:443');
    expect(await credentials(false)).toMatchObject({
      headers: { authorization: 'Bearer given', 'impersonate-user': 'jane' },
      tls: { ca: 'CA' },
    });
  });

  it('is not shown to another server', async () => {
    const { server, credentials } = await inPod({ overrides: { clusterFields: { server: 'https://other' } } });
    expect([server, await credentials(false)]).toEqual(['https://other', { headers: {}, tls: {} }]);
  });

  it('stands in for no kubeconfig that was given or chosen from', async () => {
    await expect(inPod({ kubeconfig: file('empty', '') })).rejects.toThrow('set current-context in it');
    await expect(inPod({ kubeconfigText: async () => '' })).rejects.toThrow('set current-context in it');
    await expect(inPod({ kubeconfig: path.join(folder, 'missing') })).rejects.toThrow('it is missing');
    await expect(inPod({ overrides: { context: 'dev' } })).rejects.toThrow('context "dev" does not exist');
  });

  it('stands in for no kubeconfig that names nothing any more', async () => {
    const KUBECONFIG = file('listed', configOf({ server: 'https://[fd00::1]:443' }, { token: 'old' }));
    const { credentials } = await inPod({ env: { ...env(), KUBECONFIG } });
    file('listed', '');
    await expect(credentials(true)).rejects.toThrow('the kubeconfig names no API server now: restart Serin');
  });

  it('is needed where there is nothing else', async () => {
    rmSync(path.join(folder, 'account'), { recursive: true });
    await expect(inPod()).rejects.toThrow(
      `Cannot connect: ${folder}/.kube/config names no cluster, and there is no service account of a pod: name a kubeconfig by --kubeconfig or KUBECONFIG`,
    );
    // As for client-go it lists none, not even the one at home.
    await expect(find({ env: { KUBECONFIG: ':', HOME: folder } })).rejects.toThrow('KUBECONFIG names no cluster');
  });
});
