/** The HorizontalPodAutoscaler of a target: the primary has one of its own, made from it and refreshed with each promotion. */
import type { KubeObject } from '#api/kubernetes.ts';
import { canonicalJson } from '../pod-template.ts';
import type { Steps } from './effects.ts';
import { ask, PassFailed } from './effects.ts';
import { withoutFluxKeys } from './labels.ts';
import { ownerOf } from './owner.ts';
import type { Pass, Snapshot } from './snapshot.ts';

/** The fields of the spec that follow the target's scaler. */
const followed = ['minReplicas', 'maxReplicas', 'metrics', 'behavior'] as const;

/** Pods that the target's scaler wants at least; `undefined` without a scaler. */
export function scalerMinimum({ scalers }: Snapshot): number | undefined {
  if (scalers === undefined) return undefined;
  const { minReplicas } = specOf(scalers.target);
  return typeof minReplicas === 'number' && minReplicas > 1 ? minReplicas : 1;
}

/** Makes the primary's scaler when there is none. */
export function* ensurePrimaryScaler(pass: Pass): Steps {
  const { scalers } = pass.seen;
  if (scalers === undefined) return;
  const target = existing(pass);
  if (scalers.primary !== undefined) return;
  const { namespace } = pass.names;
  const name = `${target.metadata.name}-primary`;
  yield* ask({
    do: 'create',
    kind: 'HorizontalPodAutoscaler',
    object: {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: {
        name,
        namespace,
        labels: withoutFluxKeys(target.metadata.labels),
        ownerReferences: [ownerOf(pass.canary)],
      },
      spec: {
        ...wantedSpec(pass, target),
        scaleTargetRef: { ...specOf(target).scaleTargetRef, name: pass.names.primary },
      },
    },
    failure: `creating HorizontalPodAutoscaler ${name}.${namespace} failed`,
  });
}

/** Brings the primary's scaler up to the target's. */
export function* updatePrimaryScaler(pass: Pass): Steps {
  const { scalers } = pass.seen;
  if (scalers === undefined) return;
  const wanted = wantedSpec(pass, existing(pass));
  const { primary } = scalers;
  if (primary === undefined) return;
  const live = specOf(primary);
  const changes = followed
    .filter((field) => canonicalJson(live[field]) !== canonicalJson(wanted[field]))
    .map((field) => ({ path: ['spec', field], value: wanted[field] }));
  if (changes.length === 0) return;
  const { name } = primary.metadata;
  const { namespace } = pass.names;
  yield* ask({
    do: 'change',
    kind: 'HorizontalPodAutoscaler',
    ref: { namespace, name },
    changes,
    failure: `updating HorizontalPodAutoscaler ${name}.${namespace} failed`,
  });
}

function existing({ seen, canary, names }: Pass): KubeObject {
  const target = seen.scalers?.target;
  if (target !== undefined) return target;
  const name = canary.spec.autoscalerRef?.name ?? '';
  throw new PassFailed(
    `HorizontalPodAutoscaler ${name}.${names.namespace} get query error: horizontalpodautoscalers.autoscaling "${name}" not found`,
  );
}

type ScalerSpec = { readonly [F in (typeof followed)[number]]?: unknown } & { readonly scaleTargetRef?: object };

function wantedSpec({ canary }: Pass, target: KubeObject): ScalerSpec {
  const spec = specOf(target);
  const own = canary.spec.autoscalerRef?.primaryScalerReplicas;
  return {
    ...Object.fromEntries(followed.flatMap((field) => (spec[field] === undefined ? [] : [[field, spec[field]]]))),
    ...(own?.minReplicas === undefined ? {} : { minReplicas: own.minReplicas }),
    ...(own?.maxReplicas === undefined ? {} : { maxReplicas: own.maxReplicas }),
  };
}

function specOf(scaler: KubeObject | undefined): ScalerSpec {
  const spec: unknown = scaler?.['spec'] ?? {};
  return spec as ScalerSpec; // of a HorizontalPodAutoscaler of autoscaling/v2
}
