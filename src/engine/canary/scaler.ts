/** The scaler of a target: the primary has one of its own, made from it and refreshed with each promotion; while the target is parked its own rests. */
import type { FieldChange } from '#api/field-change.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { canonicalJson } from '../pod-template.ts';
import type { Steps } from './effects.ts';
import { ask, PassFailed } from './effects.ts';
import { withoutFluxKeys } from './labels.ts';
import { ownerOf } from './owner.ts';
import type { ScalerKind } from './scalers/scaler-kind.ts';
import { scalerKindOf } from './scalers/scaler-kinds.ts';
import type { Pass, Snapshot } from './snapshot.ts';

/** Pods that the target's scaler wants at least; `undefined` without a scaler. */
export function scalerMinimum({ canary, scalers }: Snapshot): number | undefined {
  const kind = scalerKindOf(canary);
  if (scalers === undefined || kind === undefined) return undefined;
  const minimum = specOf(scalers.target)[kind.minimumField];
  return typeof minimum === 'number' && minimum > 1 ? minimum : 1;
}

/** Makes the primary's scaler when there is none. */
export function* ensurePrimaryScaler(pass: Pass): Steps {
  const kind = scalerKindOf(pass.canary);
  const { scalers } = pass.seen;
  if (scalers === undefined || kind === undefined) return;
  const target = existing(pass, kind);
  if (scalers.primary !== undefined) return;
  const { namespace } = pass.names;
  const name = `${target.metadata.name}-primary`;
  const annotations = kind.annotations(target);
  yield* ask({
    do: 'create',
    kind: kind.kind,
    object: {
      apiVersion: kind.apiVersion,
      kind: kind.kind,
      metadata: {
        name,
        namespace,
        labels: withoutFluxKeys(target.metadata.labels),
        ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
        ownerReferences: [ownerOf(pass.canary)],
      },
      spec: kind.primarySpec(pass, target),
    },
    failure: `creating ${kind.kind} ${name}.${namespace} failed`,
  });
}

/** Brings the primary's scaler up to the target's. */
export function* updatePrimaryScaler(pass: Pass): Steps {
  const kind = scalerKindOf(pass.canary);
  const { scalers } = pass.seen;
  if (scalers === undefined || kind === undefined) return;
  const wanted = kind.primarySpec(pass, existing(pass, kind));
  const { primary } = scalers;
  if (primary === undefined) return;
  const live = specOf(primary);
  const changes = kind.followed
    .filter((field) => canonicalJson(live[field]) !== canonicalJson(wanted[field]))
    .map((field) => ({ path: ['spec', field], value: wanted[field] }));
  yield* changeScaler(pass, kind, primary.metadata.name, changes);
}

/** Before the target is parked: its scaler would start its pods again. */
export function* pauseTargetScaler(pass: Pass): Steps {
  const kind = scalerKindOf(pass.canary);
  const target = pass.seen.scalers?.target;
  if (kind === undefined || target === undefined) return;
  yield* changeScaler(pass, kind, target.metadata.name, kind.pause);
}

/** Before the target gets its pods. */
export function* resumeTargetScaler(pass: Pass): Steps {
  const kind = scalerKindOf(pass.canary);
  const target = pass.seen.scalers?.target;
  if (kind === undefined || target === undefined) return;
  yield* changeScaler(pass, kind, target.metadata.name, kind.resume);
}

function* changeScaler(pass: Pass, { kind }: ScalerKind, name: string, changes: readonly FieldChange[]): Steps {
  if (changes.length === 0) return;
  const { namespace } = pass.names;
  yield* ask({
    do: 'change',
    kind,
    ref: { namespace, name },
    changes,
    failure: `updating ${kind} ${name}.${namespace} failed`,
  });
}

function existing({ seen, canary, names }: Pass, { kind, plural }: ScalerKind): KubeObject {
  const target = seen.scalers?.target;
  if (target !== undefined) return target;
  const name = canary.spec.autoscalerRef?.name ?? '';
  throw new PassFailed(`${kind} ${name}.${names.namespace} get query error: ${plural} "${name}" not found`);
}

function specOf(scaler: KubeObject | undefined): Readonly<Record<string, unknown>> {
  return (scaler?.['spec'] ?? {}) as Readonly<Record<string, unknown>>; // as the CRD or the API server has checked it
}
