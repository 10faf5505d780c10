/** Which ReplicaSets are the Rollout's: those that its selector means, and no others. */
import { ask, type Steps } from './effects.ts';
import { ownerReference } from './owner.ts';
import type { ReplicaSet } from './replica-set.ts';
import { keepSet, type Pass } from './snapshot.ts';

/**
 * Takes over ReplicaSets that lost their owner, as when a Rollout is deleted and made anew with its pods left alone, and lets go of
 * those that the selector does not mean any more.
 */
export function* claimSets(pass: Pass): Steps {
  for (const set of pass.seen.strays ?? []) yield* release(pass, set);
  const { orphans } = pass.seen;
  if (orphans.length === 0 || !(yield* mayAdopt(pass))) return;
  for (const set of orphans) {
    const ownerReferences = [...(set.metadata.ownerReferences ?? []), ownerReference(pass.rollout)];
    const changes = [{ path: ['metadata', 'ownerReferences'], value: ownerReferences }];
    keepSet(pass, yield* ask({ do: 'change-set', set, changes }));
  }
}

function* release({ rollout }: Pass, set: ReplicaSet): Steps {
  const others = (set.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== rollout.metadata.uid);
  const value = others.length === 0 ? undefined : others;
  yield* ask({ do: 'change-set', set, changes: [{ path: ['metadata', 'ownerReferences'], value }] });
}

/** A Rollout that is being deleted, or another one of the same name by now, would take the pods with it. */
function* mayAdopt({ rollout }: Pass): Steps<boolean> {
  const stored = yield* ask({ do: 'read-rollout' });
  return stored?.metadata.uid === rollout.metadata.uid && stored?.metadata.deletionTimestamp === undefined;
}
