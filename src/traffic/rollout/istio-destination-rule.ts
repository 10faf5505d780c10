/** Subsets of an Istio DestinationRule that follow the versions of a Rollout. */
import type { FieldChange } from '#api/field-change.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import type { IstioDestinationRule, Rollout } from '#api/rollout.ts';
import { hashLabel, managedByAnnotation } from '#api/rollout-keys.ts';
import { fieldChanges } from '#cluster/field-diff.ts';
import { RouteError } from '#traffic/router.ts';
import type { RolloutTraffic } from './router.ts';
import { trafficRoutingOf } from './routing-object.ts';

interface Subset {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

export interface DestinationRule extends KubeObject {
  readonly spec?: { readonly host?: string; readonly subsets?: readonly Subset[]; readonly [field: string]: unknown };
}

/** Throws while a version without Services of its own is not fully available: its requests would get no answer. */
export function expectReady(traffic: RolloutTraffic): void {
  const { rollout, canaryHash, stableHash, canaryReady, stableReady } = traffic;
  const { canaryService, stableService } = rollout.spec.strategy?.canary ?? {};
  if (canaryService || stableService) return;
  const isGoingBack = traffic.isGoingBack === true || rollout.status?.abort === true;
  const waitFor = (hash: string): never => {
    throw new RouteError(
      `delaying destination rule switch: ReplicaSet ${rollout.metadata.name}-${hash} not fully available`,
    );
  };
  if (!canaryReady && !isGoingBack) waitFor(canaryHash);
  if (!stableReady) waitFor(stableHash);
}

/** The rule with subsets for canary, stable, experiments and those that the user lists; no others. */
export function withHashes(
  config: IstioDestinationRule,
  rule: DestinationRule,
  traffic: RolloutTraffic,
): DestinationRule {
  const { canarySubsetName, stableSubsetName, additionalSubsetNames = [], name: ruleName } = config;
  const subsets = rule.spec?.subsets ?? [];
  const hashes = new Map([
    ...traffic.additional.map(({ serviceName = '', podTemplateHash = '' }) => [serviceName, podTemplateHash] as const),
    [stableSubsetName, traffic.stableHash],
    [canarySubsetName, traffic.canaryHash],
  ]);
  for (const name of [canarySubsetName, stableSubsetName]) {
    if (!subsets.some((subset) => subset.name === name)) {
      throw new RouteError(`DestinationRule ${ruleName} has no subset ${name}`);
    }
  }
  const kept = subsets.flatMap((subset) => {
    const hash = hashes.get(subset.name);
    if (hash !== undefined) return [withHash(subset, hash)];
    return additionalSubsetNames.includes(subset.name) ? [subset] : [];
  });
  const added = traffic.additional
    .filter(({ serviceName = '' }) => serviceName !== '' && !subsets.some(({ name }) => name === serviceName))
    .map(({ serviceName = '', podTemplateHash = '' }) => withHash({ name: serviceName }, podTemplateHash));
  return {
    ...rule,
    metadata: {
      ...rule.metadata,
      annotations: { ...rule.metadata.annotations, [managedByAnnotation]: traffic.rollout.metadata.name },
    },
    spec: { ...rule.spec, subsets: [...kept, ...added] },
  };
}

/** What a DestinationRule loses when the Rollout that it was managed by is gone, or has nothing to do with it any more. */
export function cleanupDestinationRule(rule: DestinationRule, rollouts: readonly Rollout[]): readonly FieldChange[] {
  const { annotations = {}, name, namespace } = rule.metadata;
  const { [managedByAnnotation]: owner, ...others } = annotations;
  if (owner === undefined) return [];
  const isUsed = rollouts.some(
    (rollout) =>
      rollout.metadata.name === owner &&
      rollout.metadata.namespace === namespace &&
      trafficRoutingOf(rollout)?.istio?.destinationRule?.name === name,
  );
  if (isUsed) return [];
  const subsets = (rule.spec?.subsets ?? []).map((subset) => withHash(subset, ''));
  const metadata = { ...rule.metadata, annotations: others };
  return fieldChanges(rule, { ...rule, metadata, spec: { ...rule.spec, subsets } });
}

/** The subset with the pods of this hash; with all that its other labels select where there is none. */
function withHash(subset: Subset, hash: string): Subset {
  const { [hashLabel]: before, ...others } = subset.labels ?? {};
  if (hash === '') return before === undefined ? subset : { ...subset, labels: others };
  return { ...subset, labels: { ...others, [hashLabel]: hash } };
}
