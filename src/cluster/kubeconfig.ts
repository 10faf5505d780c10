/** Kubeconfigs as kubectl reads them: several files at once, with what a command line says on top. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { isRecord } from './kube-object.ts';
import { misfit, type Shape, shapes } from './kubeconfig-fields.ts';

/** Of a context, a cluster or a user, by their names in a kubeconfig. */
export type Fields = Readonly<Record<string, unknown>>;

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
  /** Fields that stand in place of those of the cluster and of the user; `undefined` ends one. */
  readonly clusterFields?: Fields;
  readonly userFields?: Fields;
}

/** The parts that are meant. */
export interface ChosenContext {
  readonly namespace: string | undefined;
  readonly cluster: Fields;
  readonly user: Fields;
}

/** The files that the environment names, or the one at home. */
export function defaultKubeconfigs(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const listed = env['KUBECONFIG'];
  if (listed) return listed.split(path.delimiter).filter((file) => file !== '');
  return [path.join(env['HOME'] ?? homedir(), '.kube', 'config')];
}

/** A file that was asked for: it has to be there. */
export async function readKubeconfig(file: string): Promise<Kubeconfig> {
  const config = await readIfThere(file);
  if (config === undefined) throw new Error(`Cannot read ${file}: it is missing or not a kubeconfig (ENOENT)`);
  return config;
}

/** Files that may be missing: of those that are there the first one that names something wins. */
export async function mergeKubeconfigs(files: readonly string[]): Promise<Kubeconfig> {
  const configs = (await Promise.all(files.map(readIfThere))).filter((config) => config !== undefined);
  const all = (part: 'contexts' | 'clusters' | 'users'): ReadonlyMap<string, Fields> =>
    new Map(configs.toReversed().flatMap((config) => [...config[part]]));
  return {
    currentContext: configs.find(({ currentContext }) => currentContext !== '')?.currentContext ?? '',
    contexts: all('contexts'),
    clusters: all('clusters'),
    users: all('users'),
  };
}

/** `place` is what an error calls it; paths in it are relative to `folder`. */
export function parseKubeconfig(text: string, place: string, folder = '.'): Kubeconfig {
  const fields = documentOf(text);
  // The text of a parser's error quotes the file, which holds credentials.
  if (fields === undefined) throw new Error(`Cannot read ${place}: it is missing or not a kubeconfig`);
  const expect = (shape: Shape, value: unknown, field: string, owner = ''): void => {
    const found = misfit(shape, value, field);
    if (found !== undefined) throw new Error(`Cannot read ${place}: ${found.field}${owner} must be ${found.wanted}`);
  };
  const named = (list: string, field: keyof typeof shapes): ReadonlyMap<string, Fields> => {
    const entries: unknown = fields[list] ?? [];
    if (!Array.isArray(entries) || !entries.every(isRecord))
      throw new Error(`Cannot read ${place}: ${list} must be a list of maps`);
    const found = new Map<string, Fields>();
    for (const one of entries) {
      expect('a text', one['name'], 'name', ` in ${list}`);
      const name = textIn(one, 'name');
      if (found.has(name)) throw new Error(`Cannot read ${place}: duplicate name ${JSON.stringify(name)} in ${list}`);
      expect(shapes[field], one[field], field, ` of ${JSON.stringify(name)}`);
      found.set(name, absolute(isRecord(one[field]) ? one[field] : {}, folder));
    }
    return found;
  };
  expect('a text', fields['current-context'], 'current-context');
  return {
    currentContext: textIn(fields, 'current-context'),
    contexts: named('contexts', 'context'),
    clusters: named('clusters', 'cluster'),
    users: named('users', 'user'),
  };
}

/** Whether anything says which cluster is meant. */
export function namesCluster({ currentContext }: Kubeconfig, overrides: KubeconfigOverrides): boolean {
  const { context, cluster, clusterFields = {} } = overrides;
  return [currentContext, context, cluster, textIn(clusterFields, 'server')].some(Boolean);
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

export const textIn = (fields: Fields, name: string): string => {
  const value = fields[name];
  return typeof value === 'string' ? value : '';
};

async function readIfThere(file: string): Promise<Kubeconfig | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT') return undefined;
    throw new Error(`Cannot read ${file}: it is missing or not a kubeconfig (${code})`, { cause: error });
  }
  return parseKubeconfig(text, file, path.dirname(file));
}

/** An empty file says nothing, and is none that is broken. */
function documentOf(text: string): Fields | undefined {
  try {
    const document: unknown = parse(text, { logLevel: 'error' }) ?? {};
    return isRecord(document) ? document : undefined;
  } catch {
    return undefined;
  }
}

const pathFields = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'] as const;

function absolute(fields: Fields, folder: string): Fields {
  const paths = pathFields.filter((name) => textIn(fields, name) !== '');
  const { exec } = fields;
  return {
    ...fields,
    ...Object.fromEntries(paths.map((name) => [name, path.resolve(folder, textIn(fields, name))])),
    ...(isRecord(exec) ? { exec: { ...exec, command: absoluteCommand(textIn(exec, 'command'), folder) } } : {}),
  };
}

/** A bare name is looked for where programs are. */
function absoluteCommand(command: string, folder: string): string {
  return command.includes(path.sep) ? path.resolve(folder, command) : command;
}

function entry(entries: ReadonlyMap<string, Fields>, what: string, name: string): Fields {
  const found = entries.get(name);
  if (found === undefined) throw new Error(`${what} ${JSON.stringify(name)} does not exist`);
  return found;
}
