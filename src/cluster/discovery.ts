/** Asks the API server which kinds it serves. */
import type { Resource } from '#api/kubernetes.ts';
import { ApiError } from './api-error.ts';
import type { Transport } from './transport.ts';

/** Plurals of the kinds that are served under a group and version; none where those are not known. Throws `ApiError` for any other answer. */
export async function servedPlurals(
  transport: Transport,
  { group, version }: Pick<Resource, 'group' | 'version'>,
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const response = await transport.send({ method: 'GET', path, ...(signal === undefined ? {} : { signal }) });
  if (response.status === 404) return new Set();
  if (response.status !== 200) {
    const what = `the kinds of ${group === '' ? version : `${group}/${version}`}`;
    throw new ApiError(`Cannot ask for ${what}`, response);
  }
  // An APIResourceList.
  const { resources = [] } = response.body as { readonly resources?: readonly { readonly name: string }[] };
  return new Set(resources.map(({ name }) => name).filter((name) => !name.includes('/')));
}
