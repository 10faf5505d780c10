/** Which part of the API a path names. */
import type { Registry, Served } from './registry.ts';
import { refusals } from './status-error.ts';

export interface Target {
  readonly served: Served;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** Reads `/api/v1/...` and `/apis/GROUP/VERSION/...`; throws 404 for anything that is not served. */
export function targetOf(registry: Registry, path: string): Target {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const core = parts[0] === 'api';
  const [group = '', version = '', ...rest] = core ? ['', ...parts.slice(1)] : parts.slice(1);
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 && !namespaceSubresources.has(rest[2] ?? '');
  const [plural = '', name, ...sub] = inNamespace ? rest.slice(2) : rest;
  const served = registry.find(group, version, plural);
  if (served === undefined || sub.length > 1) throw refusals.noSuchPath();
  if (inNamespace !== served.resource.namespaced && (inNamespace || name !== undefined)) throw refusals.noSuchPath();
  return { served, namespace: inNamespace ? rest[1] : undefined, name, subresource: sub[0] };
}

/** Whether anything is served under the path's group and version; upstream answers in plain text when not. */
export function isServed(registry: Registry, path: string): boolean {
  const [root, first = '', second = ''] = path.split('/').filter((part) => part !== '');
  return root === 'api' ? registry.serves('', first) : root === 'apis' && registry.serves(first, second);
}

const namespaceSubresources = new Set(['status', 'finalize']);
