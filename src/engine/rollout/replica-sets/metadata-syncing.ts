/** Keeps labels and annotations on the pods of each version that say what it is for now. */
import type { EphemeralMetadata } from '#api/rollout.ts';
import { blueGreenOf, canaryOf } from '../defaults.ts';
import { ask, type Steps } from '../effects.ts';
import { ephemeralPodChanges, ephemeralSetChanges, recordedMetadata } from './ephemeral-metadata.ts';
import { isControlledBy } from '../owner.ts';
import { sizeOf, type ReplicaSet } from './replica-set.ts';
import { isFullyPromoted, keepSet, newSetOf, otherSetsOf, stableHashOf, stableSetOf, type Pass } from '../snapshot.ts';

/** Metadata of the version that is tried, and of the one that users have. */
interface Roles {
  readonly trial: EphemeralMetadata | undefined;
  readonly stable: EphemeralMetadata | undefined;
}

function rolesOf({ rollout }: Pass): Roles {
  const blueGreen = blueGreenOf(rollout);
  if (blueGreen !== undefined) return { trial: blueGreen.previewMetadata, stable: blueGreen.activeMetadata };
  const canary = canaryOf(rollout);
  return { trial: canary?.canaryMetadata, stable: canary?.stableMetadata };
}

/** What the new ReplicaSet is for, before it is made and as long as it is not stable. */
export function metadataOfNewSet(pass: Pass): EphemeralMetadata | undefined {
  const { trial, stable } = rolesOf(pass);
  return stableHashOf(pass) === '' || isFullyPromoted(pass) ? stable : trial;
}

/** The pods that run, then the template that new ones are made from. */
export function* syncEphemeralMetadata(pass: Pass): Steps {
  const roles = rolesOf(pass);
  const wasUsed = pass.sets.some((set) => recordedMetadata(set) !== undefined);
  if (roles.trial === undefined && roles.stable === undefined && !wasUsed) return;
  const newSet = newSetOf(pass);
  if (newSet !== undefined) yield* sync(pass, newSet, metadataOfNewSet(pass));
  const stable = stableSetOf(pass);
  if (stable !== undefined && !isFullyPromoted(pass)) yield* sync(pass, stable, roles.stable);
  for (const set of otherSetsOf(pass)) yield* sync(pass, set, undefined);
}

function* sync(pass: Pass, set: ReplicaSet, wanted: EphemeralMetadata | undefined): Steps {
  const recorded = recordedMetadata(set);
  const changes = ephemeralSetChanges(set, wanted);
  if (changes.length === 0) return;
  // Pods first: while the ReplicaSet has its old record, a pass that was cut short is repeated.
  yield* syncPods(pass, set, recorded, wanted);
  keepSet(pass, yield* ask({ do: 'change-set', set, changes }));
}

function* syncPods(
  pass: Pass,
  set: ReplicaSet,
  recorded: EphemeralMetadata | undefined,
  wanted: EphemeralMetadata | undefined,
): Steps {
  if (sizeOf(set) === 0) return;
  const pods = yield* ask({ do: 'list-pods' });
  for (const pod of pods) {
    if (!isControlledBy(pod, set.metadata.uid)) continue;
    const own = ephemeralPodChanges(pod, recorded, wanted);
    if (own.length > 0) yield* ask({ do: 'change-pod', pod, changes: own });
  }
}
