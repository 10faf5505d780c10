/** Server-side apply. */
import type { Target } from './paths.ts';
import type { Patched } from './patching.ts';
import type { Server, ServerRequest } from './requests.ts';
import { refusals } from './status-error.ts';

export function applied(
  _server: Server,
  _request: ServerRequest,
  _target: Target,
  _name: string,
  _subresource: 'status' | undefined,
): Patched {
  throw refusals.unsupportedMediaType('application/apply-patch+yaml', []);
}
