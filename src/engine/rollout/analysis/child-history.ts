/** Runs and experiments that are not current: ended when they still go on, deleted when nobody needs them. */
import { parseTime } from '#api/time.ts';
import type { AnalysisRun } from '#api/analysis-run.ts';
import type { Experiment } from '#api/experiment.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { isOver, terminateRun } from './analysis-runs.ts';
import { ask, type ChildKind, type Steps } from '../effects.ts';
import { hashLabel } from '../replica-sets/replica-set.ts';
import { setOf, type Pass } from '../snapshot.ts';

const defaultLimit = 5;

export function* endOtherRuns(pass: Pass, current: readonly (AnalysisRun | undefined)[]): Steps {
  const others = pass.seen.runs.filter((run) => !current.some((one) => one?.metadata.name === run.metadata.name));
  for (const run of others) yield* terminateRun(run);
  yield* prune(pass, 'AnalysisRun', others);
}

export function* pruneExperiments(pass: Pass, others: readonly Experiment[]): Steps {
  yield* prune(pass, 'Experiment', others);
}

type Child = KubeObject & { readonly status?: { readonly phase?: string } };

function* prune(pass: Pass, kind: ChildKind, children: readonly Child[]): Steps {
  const { successfulRunHistoryLimit = defaultLimit, unsuccessfulRunHistoryLimit = defaultLimit } =
    pass.rollout.spec.analysis ?? {};
  let successful = 0;
  let unsuccessful = 0;
  for (const child of children.toSorted(newestFirst)) {
    if (child.metadata.deletionTimestamp !== undefined) continue;
    const isGood = child.status?.phase === 'Successful';
    const isSurplus =
      isOver(child) &&
      (isGood ? ++successful > successfulRunHistoryLimit : ++unsuccessful > unsuccessfulRunHistoryLimit);
    if (isSurplus || !hasReplicaSet(pass, child)) yield* ask({ do: 'delete-child', kind, child });
  }
}

function newestFirst({ metadata: one }: KubeObject, { metadata: other }: KubeObject): number {
  return parseTime(other.creationTimestamp ?? '') - parseTime(one.creationTimestamp ?? '');
}

/** It tells of a version that could still come back. */
function hasReplicaSet({ sets }: Pass, child: KubeObject): boolean {
  const set = setOf(sets, child.metadata.labels?.[hashLabel]);
  return set !== undefined && set.metadata.deletionTimestamp === undefined;
}
