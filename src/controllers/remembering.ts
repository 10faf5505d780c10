/** Reads each object of a store once: a new version is a new object. */
import type { KubeObject } from '#api/kubernetes.ts';

/** Parsed forms by the object that the store holds. */
export function remembering<T>(parse: (object: KubeObject) => T): (object: KubeObject) => T {
  const known = new WeakMap<KubeObject, { readonly parsed: T }>();
  return (object) => {
    const found = known.get(object) ?? { parsed: parse(object) };
    known.set(object, found);
    return found.parsed;
  };
}
