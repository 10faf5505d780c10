/** Objects of one kind by pairs of key and value: finds the few that match without looking at all. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { keyOf, refOf } from '#cluster/resource.ts';

import type { Objects } from '../objects.ts';

import { isOf } from './controller.ts';

type Pair = readonly [key: string, value: string];

export interface LabelIndex {
  /** Those that have all of the pairs. */
  all(namespace: string | undefined, wanted: readonly Pair[]): readonly KubeObject[];
  /** Those that have any of the pairs. */
  any(namespace: string | undefined, wanted: readonly Pair[]): readonly KubeObject[];
  stop(): void;
}

export function indexLabels(
  objects: Objects,
  resource: Resource,
  pairsOf: (object: KubeObject) => readonly Pair[],
): LabelIndex {
  const index = new Map<string, Map<string, KubeObject>>();
  const entry = (namespace: string | undefined, [key, value]: Pair): string => `${namespace}\0${key}\0${value}`;
  const found = (namespace: string | undefined, pair: Pair): ReadonlyMap<string, KubeObject> =>
    index.get(entry(namespace, pair)) ?? new Map<string, KubeObject>();
  const add = (object: KubeObject): void => {
    for (const pair of pairsOf(object)) {
      const key = entry(object.metadata.namespace, pair);
      index.set(key, (index.get(key) ?? new Map<string, KubeObject>()).set(keyOf(refOf(object)), object));
    }
  };
  const remove = (object: KubeObject): void => {
    for (const pair of pairsOf(object)) {
      const key = entry(object.metadata.namespace, pair);
      index.get(key)?.delete(keyOf(refOf(object)));
      if (index.get(key)?.size === 0) index.delete(key);
    }
  };
  for (const object of objects.list(resource)) add(object);
  return {
    all(namespace, wanted) {
      const [smallest, ...others] = wanted.map((pair) => found(namespace, pair)).sort((a, b) => a.size - b.size);
      const candidates = [...(smallest ?? new Map<string, KubeObject>())];
      return candidates.filter(([key]) => others.every((other) => other.has(key))).map(([, object]) => object);
    },
    any: (namespace, wanted) => [...new Set(wanted.flatMap((pair) => [...found(namespace, pair).values()]))],
    stop: objects.subscribe((change) => {
      if (!isOf(change.resource, resource)) return;
      if (change.before !== undefined) remove(change.before);
      if (change.type === 'DELETED') remove(change.object);
      else add(change.object);
    }),
  };
}
