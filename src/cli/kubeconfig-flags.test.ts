/** What connection flags end that a kubeconfig says, beside what they say themselves. */
import { describe, expect, it } from 'vitest';
import { chooseContext } from '#cluster/kubeconfig.ts';
import { type KubeconfigFlags, kubeconfigOverrides } from './kubeconfig-flags.ts';

const none: KubeconfigFlags = {
  kubeconfig: '',
  context: '',
  cluster: '',
  user: '',
  server: '',
  token: '',
  'certificate-authority': '',
  'client-certificate': '',
  'client-key': '',
  'insecure-skip-tls-verify': false,
  'tls-server-name': '',
  as: '',
  'as-uid': '',
  'as-group': [],
};

const cluster = { server: 'https://api', 'tls-server-name': 'api.example', 'insecure-skip-tls-verify': true };
const config = {
  currentContext: 'a',
  contexts: new Map([['a', { cluster: 'c', user: 'u' }]]),
  clusters: new Map([['c', cluster]]),
  users: new Map([['u', { exec: { command: 'login' } }]]),
};
const chosen = (flags: Partial<KubeconfigFlags>) => {
  const { cluster: kept, user } = chooseContext(config, kubeconfigOverrides({ ...none, ...flags }));
  // As it is written: what is undefined is not there.
  return JSON.parse(JSON.stringify({ cluster: kept, user }));
};

describe('connection flags', () => {
  it('leave everything as it is when they are empty', () => {
    expect(chosen({})).toEqual({ cluster, user: { exec: { command: 'login' } } });
  });

  it('that say whom to trust end the trust in everybody', () => {
    expect(chosen({ 'certificate-authority': '/ca.pem' }).cluster).toEqual({
      server: 'https://api',
      'tls-server-name': 'api.example',
      'certificate-authority': '/ca.pem',
    });
  });

  it('that bring credentials need no login', () => {
    expect(chosen({ token: 'abc' }).user).toEqual({ token: 'abc' });
    expect(chosen({ 'client-certificate': '/me.pem', 'client-key': '/me.key' }).user).toEqual({
      'client-certificate': '/me.pem',
      'client-key': '/me.key',
    });
  });

  it('that name another server end the name of the old one', () => {
    expect(chosen({ server: 'https://other' }).cluster).toEqual({
      server: 'https://other',
      'insecure-skip-tls-verify': true,
    });
  });
});
