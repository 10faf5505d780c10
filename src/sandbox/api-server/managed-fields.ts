/** Who owns which field of an object, as `metadata.managedFields` records it. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { Kind } from './kind.ts';

/** The writer of a request. */
export interface FieldOwner {
  readonly manager?: string;
  readonly subresource?: string;
}

/** The object with the ownership that an ordinary write leaves. */
export function trackUpdate(
  _kind: Kind,
  _before: KubeObject | undefined,
  after: KubeObject,
  _owner: FieldOwner | undefined,
  _time: string,
): KubeObject {
  return after;
}
