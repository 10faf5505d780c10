/** Canaries that name the same target: they would undo each other's work, so that only the oldest one works on it. */
import type { Canary } from '#api/canary.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { isRecord } from '#cluster/kube-object.ts';
import type { Store } from '#cluster/store.ts';

/** Of the store of Canaries: by what they work on. */
export const targetIndex = { target: (object: KubeObject) => [targetKey(object)] };

/** The Canary that works on the target in this one's place, if there is one. A suspended one works on nothing. */
export function rivalOf(canary: Canary, store: Store): string | undefined {
  const others = [...store.byIndex('target', targetKey(canary))].filter(
    (other) => other.metadata.uid !== canary.metadata.uid && !isSuspended(other) && isBefore(other, canary),
  );
  return others.toSorted((a, b) => (isBefore(a, b) ? -1 : 1))[0]?.metadata.name;
}

function targetKey(object: KubeObject): string {
  const spec = isRecord(object['spec']) ? object['spec'] : {};
  const target = isRecord(spec['targetRef']) ? spec['targetRef'] : {};
  return [object.metadata.namespace, target['kind'], target['name']].join('/');
}

function isBefore(a: KubeObject, b: KubeObject): boolean {
  const [first, second] = [a, b].map(({ metadata }) => `${metadata.creationTimestamp ?? ''} ${metadata.name}`);
  return (first ?? '') < (second ?? '');
}

function isSuspended(object: KubeObject): boolean {
  return isRecord(object['spec']) && object['spec']['suspend'] === true;
}
