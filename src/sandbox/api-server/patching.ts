/** PATCH in its four forms. */
import { applied, type Patched } from './apply.ts';
import { isMap } from './json.ts';
import { jsonPatch } from './json-patch.ts';
import { mergePatch } from '#cluster/merge-patch.ts';
import type { Target } from './paths.ts';
import { asStored, checkName, stored, writeOptions } from './request-reading.ts';
import type { Server, ServerRequest } from './server.ts';
import { refusals } from './status-error.ts';
import { strategicMerge } from './strategic-merge.ts';
import { checkStrictly } from './strict-fields.ts';

export function patched(
  server: Server,
  request: ServerRequest,
  target: Target,
  name: string,
  subresource?: 'status',
): Patched {
  if (request.contentType === 'application/apply-patch+yaml')
    return applied(server, request, target, name, subresource);
  const before = stored(server, target, name);
  const result = patchedDocument(request, target, before);
  if (!isMap(result)) throw refusals.badRequest('the patch does not leave an object');
  const object = asStored(result, target);
  checkName(object, name);
  checkStrictly(target.served, request, object);
  const options = writeOptions(request);
  const written = server.writer.update(
    target.served.kind,
    object,
    subresource === undefined ? options : { ...options, subresource },
  );
  return { object: written, created: false };
}

const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/apply-patch+yaml',
  'application/strategic-merge-patch+json',
] as const;

export function patchedDocument(request: ServerRequest, target: Target, before: unknown): unknown {
  const { kind } = target.served;
  const { contentType, body } = request;
  if (contentType === 'application/json-patch+json') return jsonPatch(before, body);
  if (contentType === 'application/merge-patch+json') return mergePatch(before, body);
  if (contentType === 'application/strategic-merge-patch+json' && kind.custom !== true) {
    return strategicMerge(kind.shape, before, body);
  }
  const wanted = kind.custom === true ? patchTypes.slice(0, 3) : patchTypes;
  throw refusals.unsupportedMediaType(contentType ?? 'application/json', wanted);
}
