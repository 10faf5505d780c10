/** What the fields of a kubeconfig may hold. One of another type would not count, and with it as whom requests are made. */
import { isRecord } from './kube-object.ts';

const isText = (value: unknown): boolean => typeof value === 'string';
const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const allIn = (value: unknown, fits: (one: unknown) => boolean): boolean =>
  isRecord(value) && Object.values(value).every(fits);

const types = {
  'a text': isText,
  'true or false': (value) => typeof value === 'boolean',
  'a list of texts': areTexts,
  'texts by name': (value) => allIn(value, isText),
  'lists of texts by name': (value) => allIn(value, areTexts),
  'a list of names and values': (value) =>
    Array.isArray(value) && value.every((one) => isRecord(one) && isText(one['name']) && isText(one['value'])),
} satisfies Record<string, (value: unknown) => boolean>;

export type Shape = keyof typeof types | { readonly [field: string]: Shape };

export const shapes = {
  context: { cluster: 'a text', user: 'a text', namespace: 'a text' },
  cluster: {
    server: 'a text',
    'tls-server-name': 'a text',
    'insecure-skip-tls-verify': 'true or false',
    'certificate-authority': 'a text',
    'certificate-authority-data': 'a text',
    'proxy-url': 'a text',
  },
  user: {
    'client-certificate': 'a text',
    'client-certificate-data': 'a text',
    'client-key': 'a text',
    'client-key-data': 'a text',
    token: 'a text',
    tokenFile: 'a text',
    as: 'a text',
    'as-uid': 'a text',
    'as-groups': 'a list of texts',
    'as-user-extra': 'lists of texts by name',
    username: 'a text',
    password: 'a text',
    'auth-provider': { name: 'a text', config: 'texts by name' },
    exec: { command: 'a text', args: 'a list of texts', env: 'a list of names and values', apiVersion: 'a text' },
  },
} as const satisfies Record<string, Shape>;

/** The first field of another type, and what it must be; never what it is. `null` says nothing, whatever the type. */
export function misfit(shape: Shape, value: unknown, field: string): { field: string; wanted: string } | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof shape === 'string') return types[shape](value) ? undefined : { field, wanted: shape };
  if (!isRecord(value)) return { field, wanted: 'a map' };
  for (const [name, inner] of Object.entries(shape)) {
    const found = misfit(inner, value[name], `${field}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
