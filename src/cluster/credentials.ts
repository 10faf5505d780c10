/** What proves to the API server who we are, from the cluster and the user of a kubeconfig. */
import { readFile } from 'node:fs/promises';
import type { Credentials } from './http-transport.ts';
import { isRecord } from './kube-object.ts';
import { type ChosenContext, type Fields, textIn } from './kubeconfig.ts';

/** Whether a program or a login is asked for what proves it. As for client-go a token or a name makes up for both, and a certificate for the program. */
export function needsLogin({ user }: ChosenContext): boolean {
  const has = (...names: readonly string[]): boolean => names.some((name) => textIn(user, name) !== '');
  if (has('token', 'tokenFile', 'username')) return false;
  if (isRecord(user['auth-provider'])) return true;
  const hasCertificate = has('client-certificate', 'client-certificate-data') && has('client-key', 'client-key-data');
  return isRecord(user['exec']) && !hasCertificate;
}

/** What says as whom requests are made, and proves nothing. */
const impersonationFields: readonly string[] = ['as', 'as-uid', 'as-groups', 'as-user-extra'];

export const withoutCredentials = (user: Fields): Fields =>
  Object.fromEntries(Object.entries(user).filter(([name]) => impersonationFields.includes(name)));

/** What the context holds, or the files that it names; to be asked again as tokens in files change. */
export async function heldCredentials({ cluster, user }: ChosenContext): Promise<Credentials> {
  const insecure = cluster['insecure-skip-tls-verify'] === true;
  const [ca, cert, key, token] = await Promise.all([
    insecure ? undefined : pemOf(cluster, 'certificate-authority'),
    pemOf(user, 'client-certificate'),
    pemOf(user, 'client-key'),
    tokenOf(user),
  ]);
  return {
    headers: { ...authorizationOf(user, token), ...impersonationOf(user) },
    tls: {
      ca,
      cert,
      key,
      servername: textIn(cluster, 'tls-server-name') || undefined,
      rejectUnauthorized: insecure ? false : undefined,
    },
  };
}

/** `Impersonate-*`: as whom requests are made, by the right of who makes them. */
function impersonationOf(user: Fields): Credentials['headers'] {
  const [name, uid, groups] = [textIn(user, 'as'), textIn(user, 'as-uid'), textsOf(user['as-groups'])];
  const extra = isRecord(user['as-user-extra']) ? Object.entries(user['as-user-extra']) : [];
  return {
    ...(name === '' ? {} : { 'impersonate-user': name }),
    ...(uid === '' ? {} : { 'impersonate-uid': uid }),
    ...(groups.length === 0 ? {} : { 'impersonate-group': groups }),
    ...Object.fromEntries(extra.map(([key, values]) => [`impersonate-extra-${inHeaderName(key)}`, textsOf(values)])),
  };
}

const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** The API server takes it apart again: keys such as `example.com/team` have bytes that no header's name may have. */
const inHeaderName = (key: string): string =>
  encodeURIComponent(key.toWellFormed()).replaceAll('(', '%28').replaceAll(')', '%29');

/** From a field with the data, or from the file that a field names. */
async function pemOf(fields: Fields, name: string): Promise<string | undefined> {
  const data = textIn(fields, `${name}-data`);
  if (data !== '') return Buffer.from(data, 'base64').toString('utf8');
  const file = textIn(fields, name);
  return file === '' ? undefined : readCredential(file, name);
}

/** As for client-go the token stands in only for a file that cannot be read, or is empty. */
async function tokenOf(user: Fields): Promise<string> {
  const token = textIn(user, 'token');
  const file = textIn(user, 'tokenFile');
  if (file === '') return token;
  const inFile = readCredential(file, 'tokenFile').then((text) => text.trim());
  return token === '' ? inFile : (await inFile.catch(() => '')) || token;
}

async function readCredential(file: string, field: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new Error(`Cannot read ${file}, which is the ${field} of the connection (${code})`, { cause: error });
  }
}

function authorizationOf(user: Fields, token: string): Credentials['headers'] {
  if (token !== '') return { authorization: `Bearer ${token}` };
  const name = textIn(user, 'username');
  if (name === '') return {};
  return { authorization: `Basic ${Buffer.from(`${name}:${textIn(user, 'password')}`).toString('base64')}` };
}
