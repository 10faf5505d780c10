/** Which images run, and for whom: the lines behind `Images:`. */
import type { ExperimentInfo } from './experiment-info.ts';
import { type ReplicaSetInfo, tagOrder } from './replica-set-info.ts';

export interface ImageInfo {
  readonly image: string;
  /** Tags of ReplicaSets, or `Σ:` and the name of an Experiment's template. */
  readonly tags: readonly string[];
}

/** Images of ReplicaSets that have pods, each once, sorted. Tags that are brought together from several ReplicaSets are sorted too. */
export function imagesOf(
  sets: readonly ReplicaSetInfo[],
  experiments: readonly Pick<ExperimentInfo, 'replicaSets'>[],
): readonly ImageInfo[] {
  const images = new Map<string, readonly string[]>();
  const add = ({ images: own, replicas }: ReplicaSetInfo, tags: readonly string[]): void => {
    if (replicas <= 0) return;
    for (const image of own) {
      const known = images.get(image);
      images.set(image, known === undefined ? tags : [...new Set([...known, ...tags])].toSorted());
    }
  };
  for (const set of sets)
    add(
      set,
      tagOrder.filter((tag) => set.tags.has(tag)),
    );
  for (const { replicaSets } of experiments)
    for (const set of replicaSets) add(set, set.template ? [`Σ:${set.template}`] : []);
  return [...images]
    .map(([image, tags]) => ({ image, tags }))
    .toSorted((one, other) => (one.image < other.image ? -1 : 1));
}
