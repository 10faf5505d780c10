/** What is sent and trusted for a cluster and a user of a kubeconfig. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { heldCredentials, needsLogin } from './credentials.ts';
import type { Fields } from './kubeconfig.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'serin-credentials-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const place = path.join(folder, name);
  writeFileSync(place, text);
  return place;
}

const held = (user: Fields, cluster: Fields = {}) => heldCredentials({ namespace: undefined, cluster, user });
const headersOf = async (user: Fields) => (await held(user)).headers;

describe('credentials', () => {
  it('are a token, a file with one, or name and password', async () => {
    const tokenFile = file('token', 'from-a-file\n');
    expect(await headersOf({ token: 't', tokenFile })).toEqual({ authorization: 'Bearer from-a-file' });
    expect(await headersOf({ token: 't', tokenFile: file('empty', '') })).toEqual({ authorization: 'Bearer t' });
    expect(await headersOf({ token: 't', tokenFile: '/does/not/exist' })).toEqual({ authorization: 'Bearer t' });
    expect(await headersOf({ token: 't' })).toEqual({ authorization: 'Bearer t' });
    expect(await headersOf({ tokenFile })).toEqual({ authorization: 'Bearer from-a-file' });
    expect(await headersOf({ username: 'bob', password: 'secret' })).toEqual({
      authorization: `Basic ${Buffer.from('bob:secret').toString('base64')}`,
    });
    expect(await headersOf({})).toEqual({});
  });

  it('say as whom they are used', async () => {
    const user = {
      as: 'carol',
      'as-uid': 'u',
      'as-groups': ['g1', 'g2'],
      'as-user-extra': { reason: ['a', 'b'], 'example.com/Team (x)%': ['c'] },
    };
    expect(await headersOf(user)).toEqual({
      'impersonate-user': 'carol',
      'impersonate-uid': 'u',
      'impersonate-group': ['g1', 'g2'],
      'impersonate-extra-reason': ['a', 'b'],
      'impersonate-extra-example.com%2FTeam%20%28x%29%25': ['c'],
    });
  });

  it('have certificates in fields or in files', async () => {
    const inFiles = { 'client-certificate': file('me.pem', 'ME'), 'client-key': file('me.key', 'KEY') };
    const authority = { 'certificate-authority': file('ca.pem', 'CA'), 'tls-server-name': 'name' };
    expect((await held(inFiles, authority)).tls).toMatchObject({
      ca: 'CA',
      cert: 'ME',
      key: 'KEY',
      servername: 'name',
    });
    const data = Buffer.from('DATA').toString('base64');
    expect((await held({ 'client-key-data': data })).tls.key).toBe('DATA');
  });

  it('check no certificate when they are told so', async () => {
    const { tls } = await held({}, { 'insecure-skip-tls-verify': true, 'certificate-authority-data': 'QQ==' });
    expect(tls).toMatchObject({ rejectUnauthorized: false, ca: undefined });
  });

  it('name the field of a file that cannot be read', async () => {
    await expect(held({ tokenFile: '/does/not/exist' })).rejects.toThrow(
      'Cannot read /does/not/exist, which is the tokenFile of the connection (ENOENT)',
    );
  });

  it.each<[Fields, boolean, boolean]>([
    [{}, true, true],
    [{ token: 't' }, false, false],
    [{ tokenFile: 't' }, false, false],
    [{ username: 'u' }, false, false],
    [{ 'client-certificate': 'c', 'client-key-data': 'k' }, false, true],
    [{ 'client-certificate': 'c' }, true, true],
  ])('with %j need a program: %s, and a login: %s', (user, program, login) => {
    const needs = (more: Fields) => needsLogin({ namespace: undefined, cluster: {}, user: { ...user, ...more } });
    expect(needs({ exec: { command: 'login' } })).toBe(program);
    expect(needs({ 'auth-provider': { name: 'oidc' } })).toBe(login);
    expect(needs({ exec: null })).toBe(false);
  });
});
