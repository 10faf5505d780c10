/** What connection flags end that a kubeconfig says, beside what they say themselves. */
import { describe, expect, it } from 'vitest';
import { chooseContext } from '#cluster/kubeconfig.ts';
import { type KubeconfigFlags, kubeconfigOverrides } from './kubeconfig-flags.ts';

const cluster = { server: 'https://api', 'tls-server-name': 'api.example', 'insecure-skip-tls-verify': true };
const config = {
  currentContext: 'a',
  contexts: new Map([['a', { cluster: 'c', user: 'u' }]]),
  clusters: new Map([['c', cluster]]),
  users: new Map([['u', { exec: { command: 'login' } }]]),
};
const chosen = (flags: KubeconfigFlags) => {
  const { cluster: kept, user } = chooseContext(config, kubeconfigOverrides(flags));
  // As it is written: what is undefined is not there.
  return JSON.parse(JSON.stringify({ cluster: kept, user }));
};

describe('connection flags', () => {
  it('leave everything as it is when they are empty', () => {
    const empty = { context: '', server: '', token: '', as: '', 'as-group': [] };
    expect(chosen(empty)).toEqual(chosen({}));
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

  it('say as whom', () => {
    expect(chosen({ as: 'jane', 'as-uid': 'u', 'as-group': ['a', 'b'] }).user).toMatchObject({
      as: 'jane',
      'as-uid': 'u',
      'as-groups': ['a', 'b'],
    });
  });

  it('choose by name', () => {
    expect(kubeconfigOverrides({ context: 'a', cluster: 'c', user: 'u' })).toMatchObject({
      context: 'a',
      cluster: 'c',
      user: 'u',
    });
  });

  it('that name another server end the name of the old one', () => {
    expect(chosen({ server: 'https://other' }).cluster).toEqual({
      server: 'https://other',
      'insecure-skip-tls-verify': true,
    });
  });
});
