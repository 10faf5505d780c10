import { expect, it } from 'vitest';
import { selfContainedKubeconfig } from './self-contained-kubeconfig.ts';

const server = 'https://other.example';

const kubeconfig = (cluster: object, user: object): string =>
  JSON.stringify({
    'current-context': 'x',
    clusters: [
      { name: 'c', cluster },
      { name: 'unused', cluster: { server: 'none' } },
    ],
    users: [
      { name: 'u', user },
      { name: 'unused', user: { exec: { command: 'steal' } } },
    ],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'n' } }],
  });

it('is the current context alone, with what must not be shown', () => {
  const cluster = { server, 'certificate-authority-data': 'Y2E=' };
  const user = { token: 'a-token', 'client-certificate-data': 'Y2VydA==', 'client-key-data': 'a-key', tokenFile: '' };
  const { text, secrets } = selfContainedKubeconfig('it', kubeconfig(cluster, user));
  expect(JSON.parse(text)).toMatchObject({ clusters: [{ cluster }], users: [{ user }] });
  expect(text).not.toContain('steal');
  expect(secrets).toEqual(['a-token', 'a-key']);
});

it.each([
  [{ exec: { command: 'steal' } }, 'exec'],
  [{ 'auth-provider': { name: 'gcp', config: { 'cmd-path': 'steal' } } }, 'auth-provider'],
  [{ tokenFile: '/token', 'client-key': '/key' }, 'tokenFile, client-key'],
  [{ token: 'a-token', 'client-certificate': '/certificate' }, 'client-certificate'],
])('names neither commands nor files: %o', (user, wanted) => {
  expect(() => selfContainedKubeconfig('it', kubeconfig({ server }, user))).toThrow(
    `Cannot use it: it has ${wanted}, but commands, logins and files are not used`,
  );
});

it('has its authority in it', () => {
  const cluster = { server, 'certificate-authority': '/ca' };
  expect(() => selfContainedKubeconfig('it', kubeconfig(cluster, {}))).toThrow('it has certificate-authority, but');
});

it.each([
  '',
  'text',
  '[]',
  'a: [',
  kubeconfig({}, {}),
  kubeconfig({ server: 'other.example' }, {}),
  kubeconfig({ server: 'http://other.example' }, {}),
])('names a server: %o', (text) => {
  expect(() => selfContainedKubeconfig('it', text)).toThrow(/^Cannot (use|read) it: /);
});
