/** DaemonSets as targets: parked by a node selector that no node fulfils. */
import type { FieldChange } from '#api/field-change.ts';
import { parseTime } from '#api/time.ts';
import type { PodSpec, PodTemplate, Workload } from '#api/workload.ts';
import { prefixed, waiting, type Readiness } from './rollout-readiness.ts';
import type { Pass } from '../snapshot.ts';
import type { TargetKind } from './target-kind.ts';

/** No node carries this label, so that a DaemonSet which asks for it has no pods. */
const parkingKey = 'flagger.app/scale-to-zero';

const copiedFields = ['minReadySeconds', 'revisionHistoryLimit', 'updateStrategy'] as const;

export const daemonSet: TargetKind = {
  kind: 'DaemonSet',
  template: (target) => withoutParking(target.spec.template),
  refusal: ({ target, names }) => {
    const type = (target.spec['updateStrategy'] as { type?: string } | undefined)?.type ?? ''; // of a DaemonSet
    if (type === '' || type === 'RollingUpdate') return undefined;
    return `createPrimaryDaemonSet failed: daemonset ${names.target}.${names.namespace} must have RollingUpdate strategy but have ${type}`;
  },
  primaryPods: (spec) => spec,
  targetPods: (spec) => spec,
  newSpec: ({ target }) => Object.fromEntries(copiedFields.map((field) => [field, target.spec[field]])),
  promoted: ({ target }) => copiedFields.map((field) => ({ path: ['spec', field], value: target.spec[field] })),
  park: ({ target }) => nodeSelector({ ...selectorOf(target.spec.template.spec), [parkingKey]: 'true' }),
  isParked: ({ spec }) => selectorOf(spec.template.spec)?.[parkingKey] !== undefined,
  unpark: ({ target }) => nodeSelector(selectorOf(withoutParking(target.spec.template).spec)),
  revert: ({ target }) => nodeSelector(selectorOf(withoutParking(target.spec.template).spec)),
  primaryReadiness: (primary, pass) =>
    prefixed(
      `primary daemonset ${pass.names.primary}.${pass.names.namespace} not ready: `,
      readinessOf(primary, pass.policy.primaryReadyThreshold, pass),
    ),
  targetReadiness: (pass) => {
    const readiness = readinessOf(pass.target, pass.policy.canaryReadyThreshold, pass);
    // The original's spelling: people search for it.
    const prefix = `canary damonset ${pass.names.target}.${pass.names.namespace} not ready with retryable`;
    return readiness.ready ? readiness : prefixed(`${prefix} ${String(!readiness.final)}: `, readiness);
  },
};

function nodeSelector(selector: Readonly<Record<string, string>> | undefined): readonly FieldChange[] {
  const empty = selector === undefined || Object.keys(selector).length === 0;
  return [{ path: ['spec', 'template', 'spec', 'nodeSelector'], value: empty ? undefined : selector }];
}

function selectorOf(spec: PodSpec): Readonly<Record<string, string>> | undefined {
  return spec['nodeSelector'] as Readonly<Record<string, string>> | undefined; // of a pod spec
}

/** A template never means its parking: neither revisions nor primaries have it. */
function withoutParking(template: PodTemplate): PodTemplate {
  const selector = selectorOf(template.spec);
  if (selector?.[parkingKey] === undefined) return template;
  const { [parkingKey]: _parked, ...rest } = selector;
  const { nodeSelector: _selector, ...spec } = template.spec;
  return { ...template, spec: Object.keys(rest).length === 0 ? spec : { ...spec, nodeSelector: rest } };
}

interface DaemonSetStatus {
  readonly observedGeneration?: number;
  readonly desiredNumberScheduled?: number;
  readonly updatedNumberScheduled?: number;
  readonly numberAvailable?: number;
}

/** The deadline counts from the last write of the Canary's status. */
function readinessOf({ metadata, status }: Workload, threshold: number, pass: Pass): Readiness {
  const counts = (status ?? {}) as DaemonSetStatus; // of a DaemonSet
  if ((metadata.generation ?? 0) > (counts.observedGeneration ?? 0)) {
    return waiting('observed daemonset generation less than desired generation');
  }
  const {
    desiredNumberScheduled: desired = 0,
    updatedNumberScheduled: updated = 0,
    numberAvailable: available = 0,
  } = counts;
  const needed = Math.trunc(Math.fround(desired * Math.fround(threshold / 100)));
  if (updated >= desired && available >= needed) return { ready: true };
  const since = parseTime(pass.written.lastTransitionTime ?? '');
  if (since + pass.policy.progressDeadline * 1000 < pass.seen.now) {
    return {
      ready: false,
      final: true,
      message: `exceeded its progressDeadlineSeconds: ${pass.policy.progressDeadline}`,
    };
  }
  if (updated < desired) return waiting(`${updated} out of ${desired} new pods have been updated`);
  return waiting(`${available} of ${needed} (readyThreshold ${threshold}%) updated pods are available`);
}
