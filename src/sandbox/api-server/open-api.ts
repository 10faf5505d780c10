/** The OpenAPI documents that kubectl reads: enough to validate on the server and to explain custom resources. */
import type { ApiResponse } from '#cluster/transport.ts';
import type { Registry } from './registry.ts';

export function openApiAt(_registry: Registry, _path: string): ApiResponse | undefined {
  return undefined;
}
