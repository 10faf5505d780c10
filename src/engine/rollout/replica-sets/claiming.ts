/** Which ReplicaSets are the Rollout's: those that its selector means, and no others. */
import { ask, type Steps } from '../effects.ts';
import { ownerReference } from '../owner.ts';
import type { ReplicaSet } from './replica-set.ts';
import type { RolloutSnapshot } from '../snapshot.ts';

/**
 * Takes over ReplicaSets that lost their owner, as when a Rollout is deleted and made anew with its pods left alone, and lets go of
 * those that the selector does not mean any more. Answers with all that are its own by then: which one is the wanted one is seen after that.
 */
export function* claimSets(seen: RolloutSnapshot): Steps<readonly ReplicaSet[]> {
  for (const set of seen.strays ?? []) yield* release(seen, set);
  const sets = [...seen.sets];
  if (seen.orphans.length === 0 || !(yield* mayAdopt(seen))) return sets;
  for (const set of seen.orphans) {
    const ownerReferences = [...(set.metadata.ownerReferences ?? []), ownerReference(seen.rollout)];
    const changes = [{ path: ['metadata', 'ownerReferences'], value: ownerReferences }];
    sets.push(yield* ask({ do: 'change-set', set, changes }));
  }
  return sets;
}

function* release({ rollout }: RolloutSnapshot, set: ReplicaSet): Steps {
  const others = (set.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== rollout.metadata.uid);
  const value = others.length === 0 ? undefined : others;
  yield* ask({ do: 'change-set', set, changes: [{ path: ['metadata', 'ownerReferences'], value }] });
}

/** A Rollout that is being deleted, or another one of the same name by now, would take the pods with it. */
function* mayAdopt({ rollout }: RolloutSnapshot): Steps<boolean> {
  const stored = yield* ask({ do: 'read-rollout' });
  return stored?.metadata.uid === rollout.metadata.uid && stored?.metadata.deletionTimestamp === undefined;
}
