/** Refusal of fields that a kind does not know, when the client asks for it. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { Query } from '#cluster/transport.ts';
import type { Served } from './registry.ts';
import { refusals } from './status-error.ts';

export function checkStrictly(served: Served, request: { readonly query?: Query }, object: KubeObject): void {
  if (request.query?.['fieldValidation'] !== 'Strict') return;
  const unknown = served.kind.unknownFields?.(object) ?? [];
  if (unknown.length === 0) return;
  const { kind, version } = served.resource;
  const list = unknown.map((field) => `unknown field "${field}"`).join(', ');
  throw refusals.badRequest(
    `${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${list}`,
  );
}
