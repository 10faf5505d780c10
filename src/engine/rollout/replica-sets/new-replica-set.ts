/** Finds the ReplicaSet of the template that a Rollout wants, also one that another version of a controller has named. */
import type { PodTemplate } from '#api/workload.ts';
import { withoutInjectedAntiAffinity } from './anti-affinity.ts';
import { withoutEphemeralMetadata } from './ephemeral-metadata.ts';
import { byAge, hashOf, type ReplicaSet } from './replica-set.ts';
import { templateHash } from '../pod-template/template-hash.ts';
import { templatesMeanTheSame } from '../pod-template/template-meaning.ts';

export interface WantedTemplate {
  readonly rollout: {
    readonly spec: { readonly template?: PodTemplate };
    readonly status?: { readonly collisionCount?: number };
  };
  /** The Rollout's own. */
  readonly sets: readonly ReplicaSet[];
}

/**
 * By its hash, by the hash that older releases gave, or by what its template means, in this order; of several, the oldest.
 * Its name and its label stay what they are: nothing is deployed again because hashes are computed in another way.
 */
export function findNewReplicaSet({ rollout, sets }: WantedTemplate): ReplicaSet | undefined {
  const { template } = rollout.spec;
  if (template === undefined || sets.length === 0) return undefined;
  const { collisionCount } = rollout.status ?? {};
  const oldestFirst = sets.toSorted(byAge);
  const withHash = (hash: string): ReplicaSet | undefined => oldestFirst.find((set) => hashOf(set) === hash);
  return (
    withHash(templateHash(template, collisionCount)) ??
    withHash(templateHash(template, collisionCount, 'with-creation-timestamp')) ??
    oldestFirst.find((set) => runsTemplate(set, template))
  );
}

/** Whether the ReplicaSet runs the pods of the template, apart from what the controller itself has added. */
export function runsTemplate(set: ReplicaSet, template: PodTemplate): boolean {
  return templatesMeanTheSame(ownTemplate(set), template);
}

/** What its user wrote: the template without what the controller itself has added. */
export function ownTemplate(set: ReplicaSet): PodTemplate {
  return withoutInjectedAntiAffinity(withoutEphemeralMetadata(set));
}
