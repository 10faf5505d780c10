/** Lists in pages: what the watcher and the client share. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { ApiError } from './api-error.ts';
import { isRecord, kubeObjectOf, versionOf } from './kube-object.ts';
import { nameOf, pathOf } from './resource.ts';
import type { ApiResponse, Query, Transport } from './transport.ts';

/** As client-go's pager: large enough to be few, small enough not to hold the event loop with one answer. */
export const pageSize = 500;

/** What is listed: a kind, everywhere or in one namespace, whole or by label. */
export interface Selection {
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Only `metadata` of each object is asked for. */
  readonly metadataOnly?: boolean | undefined;
}

export interface Page {
  readonly objects: readonly KubeObject[];
  /** The version that the whole list is true at. */
  readonly version: string;
  /** Token of the next page; absent on the last one. */
  readonly next?: string;
}

const metadataOf = (kind: string): string => `application/json;as=${kind};g=meta.k8s.io;v=v1`;

/** Path, query and wanted form of a selection. */
export function addressOf(
  selection: Selection,
  verb: 'list' | 'watch',
): { path: string; query: Query; accept?: string } {
  return {
    path: pathOf(selection.resource, { namespace: selection.namespace }),
    query: { labelSelector: selection.labelSelector, fieldSelector: selection.fieldSelector },
    ...(selection.metadataOnly === true
      ? { accept: metadataOf(verb === 'list' ? 'PartialObjectMetadataList' : 'PartialObjectMetadata') }
      : {}),
  };
}

/** Asks for one page: the first one, or the one that `token` names. Throws `ApiError` for anything but a list. */
export async function readPage(
  send: Transport['send'],
  selection: Selection,
  token: string | undefined,
  signal?: AbortSignal,
): Promise<Page> {
  const { query, ...address } = addressOf(selection, 'list');
  const response = await send({
    method: 'GET',
    ...address,
    query: { ...query, limit: String(pageSize), continue: token },
    ...(signal === undefined ? {} : { signal }),
  });
  const subject = `Cannot list ${nameOf(selection.resource)}`;
  if (response.status !== 200) throw new ApiError(subject, response);
  const page = pageOf(selection.resource, response);
  if (page === undefined) throw new ApiError(`${subject}: the answer is not a list`, response);
  return page;
}

/** `undefined` for an answer that is not a list. */
export function pageOf(resource: Resource, { body: list }: ApiResponse): Page | undefined {
  if (!isRecord(list) || !('items' in list)) return undefined;
  const items = Array.isArray(list['items']) ? list['items'] : [];
  const objects = items.flatMap((item) => kubeObjectOf(resource, item) ?? []);
  const next = isRecord(list['metadata']) ? list['metadata']['continue'] : undefined;
  return { objects, version: versionOf(list) ?? '', ...(typeof next === 'string' && next !== '' ? { next } : {}) };
}
