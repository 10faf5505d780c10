/** Kubeconfig files: which of several counts, what a command line overrides, and what is sent in the end. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { chooseContext, credentialsOf, needsLogin, readKubeconfig, textOfContext } from './kubeconfig.ts';

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
  - { name: ann, user: { tokenFile: token } }
`,
);
const second = file(
  'second',
  `
current-context: a
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
file('ca.pem', 'CA');
file('token', 'from-a-file\n');

async function config() {
  const found = await readKubeconfig([first, path.join(folder, 'missing'), second]);
  if (found === undefined) throw new Error('There is no kubeconfig');
  return found;
}

describe('a kubeconfig', () => {
  it('is merged from several files: the first one that names something wins', async () => {
    const chosen = chooseContext(await config());
    expect(chosen.namespace).toBe('web');
    expect(chosen.cluster['server']).toBe('https://one');
    expect(await credentialsOf(chosen)).toMatchObject({
      headers: { authorization: 'Bearer from-a-file' },
      tls: { ca: 'CA' },
    });
  });

  it('gives another context, cluster and user when they are asked for', async () => {
    const chosen = chooseContext(await config(), { context: 'b', cluster: 'one' });
    expect(chosen.cluster['server']).toBe('https://one');
    expect((await credentialsOf(chosen)).headers).toEqual({
      authorization: `Basic ${Buffer.from('bob:secret').toString('base64')}`,
    });
  });

  it('says what it does not hold', async () => {
    const all = await config();
    expect(() => chooseContext(all, { context: 'x' })).toThrow('context "x" does not exist');
    expect(() => chooseContext(all, { cluster: 'x' })).toThrow('cluster "x" does not exist');
    expect(() => chooseContext(all, { user: 'x' })).toThrow('auth info "x" does not exist');
  });

  it('lets fields of the command line win, and acts as somebody else', async () => {
    const userFields = { token: 't', as: 'carol', 'as-uid': 'u', 'as-groups': ['g1', 'g2'] };
    const chosen = chooseContext(await config(), { userFields, clusterFields: { 'tls-server-name': 'name' } });
    expect(await credentialsOf(chosen)).toMatchObject({
      headers: {
        authorization: 'Bearer t',
        'impersonate-user': 'carol',
        'impersonate-uid': 'u',
        'impersonate-group': ['g1', 'g2'],
      },
      tls: { servername: 'name' },
    });
  });

  it('checks no certificate when it is told so', async () => {
    const { tls } = await credentialsOf(chooseContext(await config(), { context: 'b' }));
    expect(tls).toMatchObject({ rejectUnauthorized: false });
    expect(tls.ca).toBeUndefined();
  });

  it('leaves to others what needs a program, unless there is a token', async () => {
    const all = await config();
    expect(needsLogin(chooseContext(all, { user: 'eve' }))).toBe(true);
    expect(needsLogin(chooseContext(all, { user: 'eve', userFields: { token: 't' } }))).toBe(false);
    expect(JSON.parse(textOfContext(chooseContext(all, { user: 'eve' })))).toMatchObject({
      'current-context': 'chosen',
      users: [{ name: 'chosen', user: { exec: { command: 'login' } } }],
    });
  });

  it('names a file with a token as client-node does', async () => {
    const text = textOfContext(chooseContext(await config(), {}));
    const tokenFile = path.join(folder, 'token');
    expect(JSON.parse(text).users[0].user).toMatchObject({
      'auth-provider': { name: 'tokenFile', config: { tokenFile } },
    });
  });

  it('never quotes a file that cannot be read', async () => {
    const broken = file('broken', 'users: [{ name: ann, user: { token: secret }');
    await expect(readKubeconfig([broken])).rejects.toThrow(`Cannot read ${broken}: it is missing or not a kubeconfig`);
    await expect(readKubeconfig([path.join(folder, 'missing')])).rejects.toThrow('(ENOENT)');
    expect(await readKubeconfig([path.join(folder, 'm1'), path.join(folder, 'm2')])).toBeUndefined();
  });
});
