/** The primary workload: the copy of the target that carries the promoted version. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { LabelSelector, PodSpec, PodTemplate } from '#api/workload.ts';
import type { FieldChange } from '#api/field-change.ts';
import type { Steps } from './effects.ts';
import { ask } from './effects.ts';
import { included, selectorLabelOf, withoutFluxKeys, type SelectorLabel } from './labels.ts';
import { ownerOf } from './owner.ts';
import type { Pass } from './snapshot.ts';

/** Fields of a Deployment's spec that are copied as they are. */
const copiedFields = ['progressDeadlineSeconds', 'minReadySeconds', 'revisionHistoryLimit', 'strategy'] as const;

/** Makes the primary from the target's current spec when there is none. */
export function* ensurePrimary(pass: Pass): Steps {
  if (pass.primary !== undefined) return;
  const id = yield* ask({ do: 'new-id' });
  const { primary, namespace } = pass.names;
  const created = yield* ask({
    do: 'create',
    kind: 'Deployment',
    object: newPrimary(pass, id),
    failure: `creating deployment ${primary}.${namespace} failed`,
  });
  // What was created is a Deployment, and comes back as one.
  pass.primary = created as NonNullable<Pass['primary']>;
}

/** Copies the target's spec to the primary; a new id makes its pods roll even when the template is the same. */
export function* promoteTarget(pass: Pass): Steps {
  const id = yield* ask({ do: 'new-id' });
  const { primary, namespace } = pass.names;
  const changed = yield* ask({
    do: 'change',
    kind: 'Deployment',
    ref: { namespace, name: primary },
    changes: promotionChanges(pass, id),
    failure: `updating deployment ${primary}.${namespace} template spec failed`,
  });
  // What was changed is a Deployment, and comes back as one.
  pass.primary = changed as NonNullable<Pass['primary']>;
}

function newPrimary(pass: Pass, id: string): KubeObject {
  const { target, names } = pass;
  const label = primaryLabel(pass);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: names.primary,
      namespace: names.namespace,
      labels: { ...included(pass, target.metadata.labels), [label.key]: label.value },
      annotations: withoutFluxKeys(userAnnotations(target.metadata.annotations)),
      ownerReferences: [ownerOf(pass.canary)],
    },
    spec: {
      ...Object.fromEntries(copiedFields.map((field) => [field, target.spec[field]])),
      replicas: replicasForPrimary(pass),
      selector: { matchLabels: { [label.key]: label.value } },
      template: primaryTemplate(pass, id),
    },
  };
}

function promotionChanges(pass: Pass, id: string): readonly FieldChange[] {
  const { target, canary } = pass;
  const label = primaryLabel(pass);
  const scaled = canary.spec.autoscalerRef === undefined;
  return [
    ...copiedFields.map((field) => ({ path: ['spec', field], value: target.spec[field] })),
    // With a scaler the number of pods is the scaler's business.
    ...(scaled ? [{ path: ['spec', 'replicas'], value: target.spec.replicas }] : []),
    { path: ['spec', 'template'], value: primaryTemplate(pass, id) },
    { path: ['metadata', 'annotations'], value: keptAnnotations(pass) },
    { path: ['metadata', 'labels'], value: { ...included(pass, target.metadata.labels), [label.key]: label.value } },
  ];
}

/** What the Deployment controller keeps on the primary stays; the user's annotations follow the target's. */
function keptAnnotations(pass: Pass): Readonly<Record<string, string>> {
  const live = Object.entries(pass.primary?.metadata.annotations ?? {});
  const controllers = live.filter(([key]) => key.startsWith('deployment.kubernetes.io/'));
  return { ...Object.fromEntries(controllers), ...included(pass, pass.target.metadata.annotations) };
}

/** Annotations that belong to the target alone: its own revision and the text of its last apply. */
function userAnnotations(annotations: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> {
  const own = (key: string): boolean =>
    key.startsWith('deployment.kubernetes.io/') || key === 'kubectl.kubernetes.io/last-applied-configuration';
  return Object.fromEntries(Object.entries(annotations ?? {}).filter(([key]) => !own(key)));
}

/** A target that is scaled to zero says nothing about how many pods are wanted. */
function replicasForPrimary({ target }: Pass): number {
  const replicas = target.spec.replicas ?? 1;
  return replicas > 0 ? replicas : 1;
}

function primaryLabel({ target, seen }: Pass): SelectorLabel {
  const { key, value } = selectorLabelOf(target, seen.settings.selectorLabels);
  return { key, value: `${value}-primary` };
}

/** The target's pod template as the primary runs it. */
function primaryTemplate(pass: Pass, id: string): PodTemplate {
  const { metadata, spec } = pass.target.spec.template;
  const label = primaryLabel(pass);
  const { 'flagger-id': _of, ...annotations } = withoutFluxKeys(metadata?.annotations);
  return {
    metadata: {
      labels: { ...withoutFluxKeys(metadata?.labels), [label.key]: label.value },
      annotations: { ...annotations, 'flagger-id': id },
    },
    spec: spreadAsPrimary(spec, pass),
  };
}

/** A constraint on where pods run. */
interface SpreadRule {
  readonly labelSelector?: LabelSelector;
  readonly podAffinityTerm?: { readonly labelSelector?: LabelSelector };
}

/** Topology spread and anti-affinity that name the target's pods name the primary's pods instead. */
function spreadAsPrimary(spec: PodSpec, pass: Pass): PodSpec {
  const rewrite = (selector: LabelSelector): LabelSelector => selectPrimary(selector, pass);
  const rules = (list: unknown): unknown =>
    Array.isArray(list) ? list.map((rule: SpreadRule) => rewriteRule(rule, rewrite)) : list;
  const affinity = spec['affinity'] as { readonly podAntiAffinity?: Readonly<Record<string, unknown>> } | undefined; // of the pod spec's schema
  const { topologySpreadConstraints } = spec;
  return {
    ...spec,
    ...(topologySpreadConstraints === undefined ? {} : { topologySpreadConstraints: rules(topologySpreadConstraints) }),
    ...(affinity?.podAntiAffinity === undefined
      ? {}
      : {
          affinity: {
            ...affinity,
            podAntiAffinity: Object.fromEntries(
              Object.entries(affinity.podAntiAffinity).map(([when, list]) => [when, rules(list)]),
            ),
          },
        }),
  };
}

function rewriteRule(rule: SpreadRule, rewrite: (selector: LabelSelector) => LabelSelector): SpreadRule {
  return {
    ...rule,
    ...(rule.labelSelector === undefined ? {} : { labelSelector: rewrite(rule.labelSelector) }),
    ...(rule.podAffinityTerm === undefined ? {} : { podAffinityTerm: rewriteRule(rule.podAffinityTerm, rewrite) }),
  };
}

/** Only selectors on a `-selector-labels` key whose value is the target's *name* are rewritten, as in the original. */
function selectPrimary(selector: LabelSelector, { names, seen }: Pass): LabelSelector {
  const keys = seen.settings.selectorLabels;
  const { matchLabels, matchExpressions } = selector;
  return {
    ...selector,
    ...(matchLabels === undefined
      ? {}
      : {
          matchLabels: Object.fromEntries(
            Object.entries(matchLabels).map(([key, value]) => [
              key,
              keys.includes(key) && value === names.target ? names.primary : value,
            ]),
          ),
        }),
    ...(matchExpressions === undefined
      ? {}
      : {
          matchExpressions: matchExpressions.map((expression) => {
            const index = keys.includes(expression.key) ? (expression.values ?? []).indexOf(names.target) : -1;
            return index < 0
              ? expression
              : { ...expression, values: expression.values?.with(index, names.primary) ?? [] };
          }),
        }),
  };
}
