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
    const empty = { context: '', server: '', token: '', username: '', 'proxy-url': '', as: '', 'as-group': [] };
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

  it('that bring name and password end a token and a login', () => {
    expect(chosen({ username: 'bob', password: 'secret' }).user).toEqual({ username: 'bob', password: 'secret' });
    const withToken = { token: 'abc', tokenFile: '/token', username: 'ann', password: 'old' };
    const held = { ...config, users: new Map([['u', withToken]]) };
    expect(chooseContext(held, kubeconfigOverrides({ username: 'bob' })).user).toMatchObject({
      token: undefined,
      tokenFile: undefined,
      username: 'bob',
    });
    expect(chooseContext(held, kubeconfigOverrides({ password: 'new' })).user).toEqual({
      ...withToken,
      password: 'new',
    });
  });

  it('say the way to the server, and as whom', () => {
    expect(chosen({ 'proxy-url': 'http://proxy' }).cluster).toEqual({ ...cluster, 'proxy-url': 'http://proxy' });
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
