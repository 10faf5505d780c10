/** Reads Secrets when they are needed. They are never kept; their values are known to the redactor from then on. */
import type { Ref } from '#api/kubernetes.ts';
import type { Client } from '#cluster/client.ts';
import { secrets } from '#cluster/resource.ts';
import type { Context } from './context.ts';

/** Keys of values that nobody has to hide, and that appear in other texts. */
const harmless: ReadonlySet<string> = new Set(['username', 'channel']);

/** What a name must look like to stand in a path; the API server itself wants a little more. */
const possibleName = /^[a-zA-Z0-9][-_.a-zA-Z0-9]*$/;

export interface SecretDeps extends Pick<Context, 'redactor'> {
  readonly cluster: { readonly client: Pick<Client, 'get'> };
}

/** The decoded values by key; `undefined` when there is no such Secret. */
export async function secretData(
  { cluster, redactor }: SecretDeps,
  ref: Ref,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>> | undefined> {
  if (!possibleName.test(ref.name)) return undefined;
  const secret = await cluster.client.get(secrets, ref, signal);
  if (secret === undefined) return undefined;
  const data = (secret['data'] ?? {}) as Readonly<Record<string, string>>; // of a Secret as the API server returns it
  const values = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()] as const);
  for (const [key, value] of values) if (!harmless.has(key)) redactor.register(value.trim());
  return Object.fromEntries(values);
}
