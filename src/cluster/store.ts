/** The read side of an informer: all objects of one kind, as fresh as the watch. */
import type { KubeObject, Ref } from '#api/kubernetes.ts';

/** What a change handler learns: the object before and after; `undefined` when it did not or does not exist. */
export type ChangeHandler = (before: KubeObject | undefined, after: KubeObject | undefined) => void;

export interface Store {
  /** How errors call the cluster that its objects are in; absent for the controller's own. */
  readonly place?: string | undefined;
  /** Resolves when the first list is in. */
  readonly ready: Promise<void>;
  get(ref: Ref): KubeObject | undefined;
  list(namespace?: string): Iterable<KubeObject>;
  /** Objects for which the index function named at creation gave `value`. */
  byIndex(index: string, value: string): Iterable<KubeObject>;
  /** Called synchronously for every change after it is visible to readers, and once for each object that is already there. */
  onChange(handler: ChangeHandler): () => void;
  /** Puts the answer of an own write in, unless the watch has already brought something newer, so that the next read sees it. */
  learn(object: KubeObject): void;
}
