/** Kubeconfig files: which of several counts, where their paths lead, and what a command line overrides. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  chooseContext,
  defaultKubeconfigs,
  mergeKubeconfigs,
  namesCluster,
  parseKubeconfig,
  readKubeconfig,
} from './kubeconfig.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'serin-kubeconfig-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const place = path.join(folder, name);
  writeFileSync(place, text);
  return place;
}

const first = file(
  'first',
  `
current-context: ""
contexts:
  - { name: a, context: { cluster: one, user: ann, namespace: web } }
clusters:
  - { name: one, cluster: { server: 'https://one', certificate-authority: ca.pem } }
users:
  - { name: ann, user: { tokenFile: secrets/token, client-certificate: ../me.pem, client-key: /keys/me } }
`,
);
const second = file(
  'second',
  `
current-context: b
contexts:
  - { name: a, context: { cluster: other, user: other } }
  - { name: b, context: { cluster: two, user: bob } }
clusters:
  - { name: two, cluster: { server: 'https://two', insecure-skip-tls-verify: true, certificate-authority-data: QQ== } }
users:
  - { name: bob, user: { username: bob, password: secret } }
  - { name: eve, user: { exec: { command: login } } }
`,
);
const third = file(
  'third',
  `
current-context: a
users:
  - { name: ann, user: { token: not-hers, username: ann } }
  - { name: here, user: { exec: { command: ./bin/login } } }
  - { name: there, user: { exec: { command: login } } }
`,
);
const missing = path.join(folder, 'missing');

const config = () => mergeKubeconfigs([first, missing, second, third]);

describe('the files', () => {
  it('are those of KUBECONFIG, or the one at home', () => {
    expect(defaultKubeconfigs({ KUBECONFIG: '/a::/b', HOME: '/me' })).toEqual(['/a', '/b']);
    expect(defaultKubeconfigs({ KUBECONFIG: '', HOME: '/me' })).toEqual(['/me/.kube/config']);
  });

  it('are merged: the first one that names something wins, and nothing is added to it', async () => {
    const all = await config();
    expect(all.currentContext).toBe('b');
    expect(chooseContext(all, { context: 'a' })).toMatchObject({
      namespace: 'web',
      cluster: { server: 'https://one' },
    });
    expect(Object.keys(all.users.get('ann') ?? {})).toEqual(['tokenFile', 'client-certificate', 'client-key']);
    expect([...all.users.keys()].toSorted()).toEqual(['ann', 'bob', 'eve', 'here', 'there']);
  });

  it('say nothing where they are missing or empty', async () => {
    const empty = await mergeKubeconfigs([missing, file('empty', '')]);
    expect(namesCluster(empty, {})).toBe(false);
    expect(namesCluster(empty, { clusterFields: { server: 'https://one' } })).toBe(true);
    expect(namesCluster(await config(), {})).toBe(true);
    await expect(readKubeconfig(missing)).rejects.toThrow(
      `Cannot read ${missing}: it is missing or not a kubeconfig (ENOENT)`,
    );
  });

  it('have paths that begin at their own folder', async () => {
    const { clusters, users } = await config();
    expect(clusters.get('one')).toMatchObject({ 'certificate-authority': path.join(folder, 'ca.pem') });
    expect(users.get('ann')).toEqual({
      tokenFile: path.join(folder, 'secrets/token'),
      'client-certificate': path.join(folder, '../me.pem'),
      'client-key': '/keys/me',
    });
    expect(users.get('here')).toEqual({ exec: { command: path.join(folder, 'bin/login') } });
    // What has no slash is looked for in PATH.
    expect(users.get('there')).toEqual({ exec: { command: 'login' } });
  });

  it.each(['users: [{ name: ann, user: { token: secret }', 'secret', '[secret]'])(
    'are never quoted: %s',
    async (text) => {
      const broken = file('broken', text);
      const wanted = `Cannot read ${broken}: it is missing or not a kubeconfig`;
      await expect(readKubeconfig(broken)).rejects.toThrow(new Error(wanted));
      await expect(mergeKubeconfigs([first, broken])).rejects.toThrow(new Error(wanted));
      expect(() => parseKubeconfig(text, broken)).toThrow(new Error(wanted));
    },
  );
});

describe('a field of another type', () => {
  it.each<[string, string]>([
    ['current-context: 1', 'current-context must be a text'],
    ['users: { name: ann }', 'users must be a list of maps'],
    ['users: [secret]', 'users must be a list of maps'],
    ['users: [{ name: 1 }]', 'name in users must be a text'],
    ['users: [{ name: ann, user: secret }]', 'user of "ann" must be a map'],
    ['users: [{ name: ann, user: { token: secret, as: 1234 } }]', 'user.as of "ann" must be a text'],
    ['users: [{ name: ann, user: { as-groups: secret } }]', 'user.as-groups of "ann" must be a list of texts'],
    ['users: [{ name: ann, user: { exec: { args: [1] } } }]', 'user.exec.args of "ann" must be a list of texts'],
    [
      'users: [{ name: ann, user: { as-user-extra: { team: secret } } }]',
      'user.as-user-extra of "ann" must be lists of texts by name',
    ],
    [
      'clusters: [{ name: one, cluster: { insecure-skip-tls-verify: "true" } }]',
      'cluster.insecure-skip-tls-verify of "one" must be true or false',
    ],
    ['contexts: [{ name: a }, { name: a }]', 'duplicate name "a" in contexts'],
  ])('is told of, and not what it holds: %s', (text, wanted) => {
    expect(() => parseKubeconfig(text, 'the file')).toThrow(new Error(`Cannot read the file: ${wanted}`));
  });

  it('is none when it is null', () => {
    const { users } = parseKubeconfig('users: [{ name: ann, user: { token: null, exec: null } }]', 'the file');
    expect(users.has('ann')).toBe(true);
  });
});

describe('a choice', () => {
  it('is of another context, cluster or user when they are asked for', async () => {
    const chosen = chooseContext(await config(), { context: 'b', cluster: 'one', user: 'eve' });
    expect(chosen.cluster['server']).toBe('https://one');
    expect(chosen.user).toEqual({ exec: { command: 'login' } });
  });

  it('of what there is not is refused', async () => {
    const all = await config();
    expect(() => chooseContext(all, { context: 'x' })).toThrow('context "x" does not exist');
    expect(() => chooseContext(all, { cluster: 'x' })).toThrow('cluster "x" does not exist');
    expect(() => chooseContext(all, { user: 'x' })).toThrow('auth info "x" does not exist');
  });

  it('lets fields of the command line win', async () => {
    const overrides = { context: 'a', userFields: { token: 't' }, clusterFields: { 'tls-server-name': 'name' } };
    const chosen = chooseContext(await config(), overrides);
    expect(chosen.user).toMatchObject({ token: 't', 'client-key': '/keys/me' });
    expect(chosen.cluster).toMatchObject({ server: 'https://one', 'tls-server-name': 'name' });
  });
});
