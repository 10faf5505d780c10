/**
 * Kubeconfig files as kubectl reads them: several at once, with what a command line says on top. For commands that must start at once;
 * whatever needs a program or a login to get credentials is left to `connection.ts`.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import type { Credentials } from './http-transport.ts';
import { isRecord } from './kube-object.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A kubeconfig, merged; paths are absolute. */
export interface Kubeconfig {
  readonly currentContext: string;
  readonly contexts: ReadonlyMap<string, Fields>;
  readonly clusters: ReadonlyMap<string, Fields>;
  readonly users: ReadonlyMap<string, Fields>;
}

/** What a command line may say; absent and empty mean the same. */
export interface KubeconfigOverrides {
  readonly context?: string;
  readonly cluster?: string;
  readonly user?: string;
  /** Fields of the cluster and of the user, by their names in a kubeconfig. */
  readonly clusterFields?: Fields;
  readonly userFields?: Fields;
}

/** The parts that are meant. */
export interface ChosenContext {
  readonly namespace: string | undefined;
  readonly cluster: Fields;
  readonly user: Fields;
}

/** Throws a plain error for a file that is none; those that are missing are skipped unless there is only one. `undefined`: there is no file. */
export async function readKubeconfig(files: readonly string[]): Promise<Kubeconfig | undefined> {
  const texts = await Promise.all(files.map(async (file) => ({ file, text: await textOf(file, files.length > 1) })));
  const found = texts.flatMap(({ file, text }) => (text === undefined ? [] : [readDocument(file, text)]));
  return found.length === 0 ? undefined : merged(found);
}

/** Throws for a name that the file does not hold. */
export function chooseContext(config: Kubeconfig, overrides: KubeconfigOverrides = {}): ChosenContext {
  const name = overrides.context || config.currentContext;
  const context = name === '' ? {} : entry(config.contexts, 'context', name);
  const cluster = overrides.cluster || textIn(context, 'cluster');
  const user = overrides.user || textIn(context, 'user');
  return {
    namespace: textIn(context, 'namespace') || undefined,
    cluster: { ...(cluster === '' ? {} : entry(config.clusters, 'cluster', cluster)), ...overrides.clusterFields },
    user: { ...(user === '' ? {} : entry(config.users, 'auth info', user)), ...overrides.userFields },
  };
}

/** Whether a program or a login is asked for credentials. */
export const needsLogin = ({ user }: ChosenContext): boolean =>
  textIn(user, 'token') === '' && (user['exec'] !== undefined || user['auth-provider'] !== undefined);

/** Reads the files that the context names; to be called again for each request, as tokens in files change. */
export async function credentialsOf({ cluster, user }: ChosenContext): Promise<Credentials> {
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

/** As a file with one context, which `connection.ts` reads. */
export function textOfContext({ cluster, user: chosen, namespace }: ChosenContext): string {
  const name = 'chosen';
  const { tokenFile } = chosen;
  // client-node knows a file with a token by another name.
  const user =
    tokenFile === undefined || textIn(chosen, 'token') !== ''
      ? chosen
      : { ...chosen, 'auth-provider': { name: 'tokenFile', config: { tokenFile } } };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    contexts: [{ name, context: { cluster: name, user: name, ...(namespace === undefined ? {} : { namespace }) } }],
    clusters: [{ name, cluster }],
    users: [{ name, user }],
  });
}

/** `Impersonate-*` of a user. */
export function impersonationOf(user: Fields): Credentials['headers'] {
  const [name, uid, groups] = [textIn(user, 'as'), textIn(user, 'as-uid'), user['as-groups']];
  return {
    ...(name === '' ? {} : { 'impersonate-user': name }),
    ...(uid === '' ? {} : { 'impersonate-uid': uid }),
    ...(Array.isArray(groups) && groups.length > 0 ? { 'impersonate-group': groups.map(String) } : {}),
  };
}

export const textIn = (fields: Fields, name: string): string => {
  const value = fields[name];
  return typeof value === 'string' ? value : '';
};

async function textOf(file: string, mayBeMissing: boolean): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (mayBeMissing && code === 'ENOENT') return undefined;
    throw new Error(`Cannot read ${file}: it is missing or not a kubeconfig (${code})`, { cause: error });
  }
}

function readDocument(file: string, text: string): Kubeconfig {
  let document: unknown;
  try {
    document = parse(text, { logLevel: 'error' });
  } catch {
    // The text of a parser's error quotes the file, which holds credentials.
    throw new Error(`Cannot read ${file}: it is missing or not a kubeconfig`);
  }
  const fields = isRecord(document) ? document : {};
  const folder = path.dirname(file);
  const named = (list: string, field: string): ReadonlyMap<string, Fields> => {
    const entries: readonly unknown[] = Array.isArray(fields[list]) ? fields[list] : [];
    return new Map(
      entries
        .filter(isRecord)
        .map((one) => [textIn(one, 'name'), absolute(isRecord(one[field]) ? one[field] : {}, folder)]),
    );
  };
  return {
    currentContext: textIn(fields, 'current-context'),
    contexts: named('contexts', 'context'),
    clusters: named('clusters', 'cluster'),
    users: named('users', 'user'),
  };
}

const pathFields = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'] as const;

function absolute(fields: Fields, folder: string): Fields {
  const paths = pathFields.filter((name) => textIn(fields, name) !== '');
  return { ...fields, ...Object.fromEntries(paths.map((name) => [name, path.resolve(folder, textIn(fields, name))])) };
}

/** The first file that names something wins. */
function merged(configs: readonly Kubeconfig[]): Kubeconfig {
  const all = (part: 'contexts' | 'clusters' | 'users'): ReadonlyMap<string, Fields> =>
    new Map(configs.toReversed().flatMap((config) => [...config[part]]));
  return {
    currentContext: configs.find(({ currentContext }) => currentContext !== '')?.currentContext ?? '',
    contexts: all('contexts'),
    clusters: all('clusters'),
    users: all('users'),
  };
}

function entry(entries: ReadonlyMap<string, Fields>, what: string, name: string): Fields {
  const found = entries.get(name);
  if (found === undefined) throw new Error(`${what} ${JSON.stringify(name)} does not exist`);
  return found;
}

/** From a field with the data, or from the file that a field names. */
async function pemOf(fields: Fields, name: string): Promise<string | undefined> {
  const data = textIn(fields, `${name}-data`);
  if (data !== '') return Buffer.from(data, 'base64').toString('utf8');
  const file = textIn(fields, name);
  return file === '' ? undefined : readCredential(file);
}

async function tokenOf(user: Fields): Promise<string> {
  const token = textIn(user, 'token');
  const file = textIn(user, 'tokenFile');
  return token !== '' || file === '' ? token : (await readCredential(file)).trim();
}

async function readCredential(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(`Cannot read ${file}, which the kubeconfig names`, { cause: error });
  }
}

function authorizationOf(user: Fields, token: string): Credentials['headers'] {
  if (token !== '') return { authorization: `Bearer ${token}` };
  const name = textIn(user, 'username');
  if (name === '') return {};
  return { authorization: `Basic ${Buffer.from(`${name}:${textIn(user, 'password')}`).toString('base64')}` };
}
