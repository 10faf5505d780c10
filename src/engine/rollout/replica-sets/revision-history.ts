/** Old ReplicaSets without pods: `revisionHistoryLimit` of them stay, so that a rollback finds them. */
import { revisionHistoryLimitOf } from '../defaults.ts';
import { ask, type Steps } from '../effects.ts';
import { byAge, hashOf, hashLabel, observedOf, sizeOf, type ReplicaSet } from './replica-set.ts';
import { otherSetsOf, type Pass } from '../snapshot.ts';

/** Deletes the oldest beyond the limit, with their runs and experiments. One that still has pods waits for another pass. */
export function* pruneHistory(pass: Pass): Steps {
  const old = otherSetsOf(pass).filter((set) => set.metadata.deletionTimestamp === undefined);
  const surplus = old.length - revisionHistoryLimitOf(pass.rollout);
  if (surplus <= 0) return;
  for (const set of old.toSorted(byAge).slice(0, surplus)) {
    if (!isEmpty(set)) continue;
    yield* ask({ do: 'delete-set', set });
    pass.sets = pass.sets.filter((one) => one !== set);
    yield* deleteChildren(pass, hashOf(set));
  }
}

function isEmpty(set: ReplicaSet): boolean {
  const isObserved = (set.status?.observedGeneration ?? 0) >= (set.metadata.generation ?? 0);
  return sizeOf(set) === 0 && observedOf(set) === 0 && isObserved;
}

function* deleteChildren({ seen }: Pass, hash: string): Steps {
  for (const kind of ['AnalysisRun', 'Experiment'] as const) {
    const children = kind === 'AnalysisRun' ? seen.runs : seen.experiments;
    for (const child of children)
      if (child.metadata.labels?.[hashLabel] === hash && child.metadata.deletionTimestamp === undefined)
        yield* ask({ do: 'delete-child', kind, child });
  }
}
