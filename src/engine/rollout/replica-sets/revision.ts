/** Revisions: the number that each ReplicaSet got when its template was last wanted, kept on ReplicaSet and Rollout. */
import type { FieldChange } from '#api/field-change.ts';
import { antiAffinityChange } from './anti-affinity.ts';
import { minReadySecondsOf } from '../defaults.ts';
import { ask, type Steps } from '../effects.ts';
import { annotationKeys, revisionOf, type ReplicaSet } from './replica-set.ts';
import { keepSet, newSetOf, olderSetsOf, type Pass } from '../snapshot.ts';
import { tell } from '../telling.ts';

/** Annotations of the Rollout that its ReplicaSets do not get. */
const notCopied: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  annotationKeys.revision,
  annotationKeys.revisionHistory,
  annotationKeys.desiredReplicas,
  'notified.notifications.argoproj.io',
]);

export function copiedAnnotations({ rollout }: Pass): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(rollout.metadata.annotations ?? {}).filter(([key]) => !notCopied.has(key)));
}

/** The number that the new ReplicaSet has to have at least. */
export function nextRevision(pass: Pass): number {
  return Math.max(0, ...olderSetsOf(pass).map(revisionOf)) + 1;
}

/** Keeps what the new ReplicaSet copies from the Rollout, and the revision of both, up to date. */
export function* syncRevision(pass: Pass): Steps {
  const set = newSetOf(pass);
  if (set === undefined) return;
  const changes = syncChanges(pass, set);
  if (changes.length > 0) keepSet(pass, yield* ask({ do: 'change-set', set, changes }));
  yield* setRevision(pass, revisionOf(newSetOf(pass)));
}

function syncChanges(pass: Pass, set: ReplicaSet): readonly FieldChange[] {
  const { annotations = {} } = set.metadata;
  const changes: FieldChange[] = Object.entries(copiedAnnotations(pass))
    .filter(([key, value]) => annotations[key] !== value)
    .map(([key, value]) => ({ path: ['metadata', 'annotations', key], value }));
  const revision = nextRevision(pass);
  const before = annotations[annotationKeys.revision];
  if (revisionOf(set) < revision) {
    changes.push({ path: ['metadata', 'annotations', annotationKeys.revision], value: String(revision) });
    if (before !== undefined && before !== '') {
      const history = annotations[annotationKeys.revisionHistory];
      const value = history === undefined || history === '' ? before : `${history},${before}`;
      changes.push({ path: ['metadata', 'annotations', annotationKeys.revisionHistory], value });
    }
  }
  const seconds = minReadySecondsOf(pass.rollout);
  if ((set.spec.minReadySeconds ?? 0) !== seconds) changes.push({ path: ['spec', 'minReadySeconds'], value: seconds });
  return [...changes, ...antiAffinityChange(pass.rollout, set)];
}

/** Notes the revision on the Rollout itself. */
export function* setRevision(pass: Pass, revision: number): Steps {
  const text = String(revision);
  if (revision === 0 || pass.rollout.metadata.annotations?.[annotationKeys.revision] === text) return;
  const { spec } = pass.rollout;
  const changed = yield* ask({
    do: 'change-rollout',
    changes: [{ path: ['metadata', 'annotations', annotationKeys.revision], value: text }],
  });
  // The answer is what its author wrote: template and selector of another workload are not in it.
  pass.rollout = { ...changed, spec };
  yield* tell('RolloutUpdated', `Rollout updated to revision ${text}`);
}

export const rolloutRevisionOf = ({ rollout }: Pass): string =>
  rollout.metadata.annotations?.[annotationKeys.revision] ?? '';
