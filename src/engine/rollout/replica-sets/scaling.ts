/** Sizes of ReplicaSets, and the annotation that keeps an old one alive for a while. */
import { parseTime, rfc3339 } from '#api/time.ts';
import type { FieldChange } from '#api/field-change.ts';
import {
  blueGreenOf,
  canaryOf,
  scaleDownDelaySecondsOf,
  abortScaleDownDelaySecondsOf,
  trafficRoutingOf,
} from '../defaults.ts';
import { ask, type Steps } from '../effects.ts';
import {
  annotationKeys,
  availableOf,
  byRevisionDescending,
  deadlineOf,
  desiredReplicasOf,
  hashOf,
  revisionOf,
  sizeOf,
  type ReplicaSet,
} from './replica-set.ts';
import { selectedHash } from '../services.ts';
import {
  isAborted,
  isFullyPromoted,
  keepSet,
  newSetOf,
  nowOf,
  replicasWanted,
  stableSetOf,
  wakeIn,
  type Pass,
} from '../snapshot.ts';
import { tell } from '../telling.ts';

const deadlinePath = ['metadata', 'annotations', annotationKeys.scaleDownDeadline];

/**
 * Gives a ReplicaSet its size and notes what the Rollout wanted when it did. A set of size 0 needs no deadline any more,
 * unless `keepDeadline` leaves it for clients to show. Answers whether the size has changed.
 */
export function* scale(
  pass: Pass,
  set: ReplicaSet,
  size: number,
  { keepDeadline = false }: { readonly keepDeadline?: boolean } = {},
): Steps<boolean> {
  const wanted = replicasWanted(pass);
  const before = sizeOf(set);
  const changes: FieldChange[] = [];
  if (before !== size) changes.push({ path: ['spec', 'replicas'], value: size });
  if (desiredReplicasOf(set) !== wanted)
    changes.push({ path: ['metadata', 'annotations', annotationKeys.desiredReplicas], value: String(wanted) });
  const dropsDeadline = size === 0 && !keepDeadline && deadlineOf(set) !== undefined && (before !== 0 || wanted === 0);
  if (dropsDeadline) changes.push({ path: deadlinePath, value: undefined });
  if (changes.length === 0) return false;
  keepSet(pass, yield* ask({ do: 'change-set', set, changes }));
  if (before === size) return false;
  const direction = size > before ? 'up' : 'down';
  yield* tell(
    'ScalingReplicaSet',
    `Scaled ${direction} ReplicaSet ${set.metadata.name} (revision ${revisionOf(set)}) from ${before} to ${size}`,
  );
  return true;
}

/** Lets the ReplicaSet live for `seconds`; none are no delay at all. */
function* setDeadline(pass: Pass, set: ReplicaSet, seconds: number): Steps {
  if (seconds <= 0) return yield* dropDeadline(pass, set);
  const value = rfc3339(nowOf(pass) + seconds * 1000);
  keepSet(pass, yield* ask({ do: 'change-set', set, changes: [{ path: deadlinePath, value }] }));
  wakeIn(pass, parseTime(value) - nowOf(pass));
}

export function* dropDeadline(pass: Pass, set: ReplicaSet | undefined): Steps {
  if (set === undefined || deadlineOf(set) === undefined) return;
  keepSet(pass, yield* ask({ do: 'change-set', set, changes: [{ path: deadlinePath, value: undefined }] }));
}

/** New and stable are in use again; the aborted new one keeps its deadline. */
export function* dropDeadlines(pass: Pass): Steps {
  if (!delaysAbort(pass)) yield* dropDeadline(pass, newSetOf(pass));
  yield* dropDeadline(pass, stableSetOf(pass));
}

/** An aborted version whose pods stay for a while: proxies may still send requests to them. */
export function delaysAbort(pass: Pass): boolean {
  const { rollout } = pass;
  if (!isAborted(pass) || stableSetOf(pass) === undefined || isFullyPromoted(pass)) return false;
  const canary = canaryOf(rollout);
  if (canary !== undefined && trafficRoutingOf(rollout) === undefined) return false;
  if (abortScaleDownDelaySecondsOf(rollout) === undefined) return false;
  return canary?.dynamicStableScale !== true || canary.abortScaleDownDelaySeconds !== undefined;
}

/** Sizes the new ReplicaSet of an aborted update while the delay applies. Answers whether its size has changed. */
export function* scaleAborted(pass: Pass, set: ReplicaSet): Steps<boolean> {
  const deadline = deadlineOf(set);
  if (deadline !== undefined && !(deadline > nowOf(pass))) return yield* scale(pass, set, 0, { keepDeadline: true });
  yield* scale(pass, set, sizeOf(set));
  if (deadline !== undefined) wakeIn(pass, deadline - nowOf(pass));
  else if (sizeOf(set) > 0 && availableOf(stableSetOf(pass)) >= replicasWanted(pass)) {
    const current = newSetOf(pass) ?? set;
    yield* setDeadline(pass, current, abortScaleDownDelaySecondsOf(pass.rollout) ?? 0);
  }
  return false;
}

/**
 * Old versions that run on for `scaleDownDelaySeconds`, so that requests under way can end and a rollback is quick:
 * no more of them than `scaleDownDelayRevisionLimit`. `keep` says their size while they wait.
 */
export function* scaleLingering(
  pass: Pass,
  sets: readonly ReplicaSet[],
  keep: (set: ReplicaSet) => number,
): Steps<boolean> {
  const limit = revisionLimitOf(pass);
  const delay = scaleDownDelaySecondsOf(pass.rollout);
  let lingering = 0;
  let scaled = false;
  for (const set of sets.toSorted(byRevisionDescending)) {
    const deadline = deadlineOf(set);
    const mayLinger = lingering < limit;
    if (deadline !== undefined || (mayLinger && sizeOf(set) > 0)) lingering += 1;
    // An aborted version keeps its deadline after its last pod has gone: clients show that it has passed.
    if (sizeOf(set) === 0) continue;
    if (deadline === undefined && mayLinger && delay > 0) yield* setDeadline(pass, set, delay);
    else if (deadline !== undefined && mayLinger && deadline > nowOf(pass)) {
      wakeIn(pass, deadline - nowOf(pass));
      scaled = (yield* scale(pass, set, keep(set))) || scaled;
    } else scaled = (yield* scale(pass, set, 0)) || scaled;
  }
  return scaled;
}

function revisionLimitOf({ rollout }: Pass): number {
  const strategy = blueGreenOf(rollout) ?? canaryOf(rollout);
  return strategy?.scaleDownDelayRevisionLimit ?? Number.POSITIVE_INFINITY;
}

/** ReplicaSets that traffic may still reach by what is recorded or by a live Service: they keep their pods. */
export function isReferenced(pass: Pass, set: ReplicaSet): boolean {
  const hash = hashOf(set);
  const { status } = pass.rollout;
  const weights = status?.canary?.weights;
  const recorded = [
    status?.stableRS,
    status?.currentPodHash,
    status?.blueGreen?.activeSelector,
    status?.blueGreen?.previewSelector,
    weights?.canary?.podTemplateHash,
    weights?.stable?.podTemplateHash,
  ];
  return recorded.includes(hash) || liveSelections(pass).includes(hash);
}

function liveSelections({ rollout, seen }: Pass): readonly (string | undefined)[] {
  const blueGreen = blueGreenOf(rollout);
  const canary = canaryOf(rollout);
  const names = [blueGreen?.activeService, blueGreen?.previewService, canary?.stableService, canary?.canaryService];
  return names.flatMap((name) =>
    name === undefined || name === '' ? [] : [selectedHash(seen.references.service(name))],
  );
}
