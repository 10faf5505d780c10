/** The primary workload: the copy of the target that carries the promoted version. */
import type { FieldChange } from '#api/field-change.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import type { PodTemplate } from '#api/workload.ts';
import { meaningOfTemplate } from '../pod-template.ts';
import { copyConfigs, withPrimaryConfigs, withTargetConfigs } from './configs.ts';
import type { Steps } from './effects.ts';
import { ask, PassFailed } from './effects.ts';
import { included, selectorLabelOf, withoutFluxKeys, type SelectorLabel, type TextMap } from './labels.ts';
import { ownerOf } from './owner.ts';
import type { Pass } from './snapshot.ts';
import { targetKindOf } from './targets/target-kinds.ts';

/** The pod annotation that makes the primary's pods roll with each promotion. */
const idAnnotation = 'flagger-id';

/** Makes the primary from the target's current spec when there is none. */
export function* ensurePrimary(pass: Pass): Steps {
  const refusal = targetKindOf(pass.canary).refusal(pass);
  if (refusal !== undefined) throw new PassFailed(refusal);
  if (pass.primary !== undefined) return;
  yield* copyConfigs(pass);
  const id = yield* ask({ do: 'new-id' });
  const { primary, namespace, kind } = pass.names;
  const created = yield* ask({
    do: 'create',
    kind: targetKindOf(pass.canary).kind,
    object: newPrimary(pass, id),
    failure: `creating ${kind.toLowerCase()} ${primary}.${namespace} failed`,
  });
  // What was created is a workload, and comes back as one.
  pass.primary = created as NonNullable<Pass['primary']>;
}

/** Copies the target's spec to the primary; a new id makes its pods roll even when the template is the same. */
export function* promoteTarget(pass: Pass): Steps {
  yield* copyConfigs(pass);
  const id = yield* ask({ do: 'new-id' });
  const { primary, namespace, kind } = pass.names;
  const changed = yield* ask({
    do: 'change',
    kind: targetKindOf(pass.canary).kind,
    ref: { namespace, name: primary },
    changes: promotionChanges(pass, id),
    failure: `updating ${kind.toLowerCase()} ${primary}.${namespace} template spec failed`,
  });
  // What was changed is a workload, and comes back as one.
  pass.primary = changed as NonNullable<Pass['primary']>;
}

/** Whether the primary runs what the target asks for now. */
export function runsTarget(pass: Pass): boolean {
  const live = pass.primary?.spec.template;
  return (
    live !== undefined && meaningOfTemplate(withoutId(live)) === meaningOfTemplate(withoutId(primaryTemplate(pass, '')))
  );
}

/** The template that the primary runs, as the target had it: the rewriting of names and labels undone. */
export function promotedTemplate(pass: Pass): PodTemplate | undefined {
  const live = pass.primary?.spec.template;
  if (live === undefined) return undefined;
  const { key, value } = selectorLabelOf(pass.target, pass.seen.settings.selectorLabels);
  const { metadata, spec } = withoutId(live);
  return {
    metadata: { ...metadata, labels: { ...metadata?.labels, [key]: value } },
    spec: withTargetConfigs(targetKindOf(pass.canary).targetPods(spec, pass), pass),
  };
}

function withoutId(template: PodTemplate): PodTemplate {
  const { [idAnnotation]: _id, ...annotations } = template.metadata?.annotations ?? {};
  return { ...template, metadata: { ...template.metadata, annotations } };
}

function newPrimary(pass: Pass, id: string): KubeObject {
  const { target, names } = pass;
  const kind = targetKindOf(pass.canary);
  const label = primaryLabel(pass);
  return {
    apiVersion: 'apps/v1',
    kind: kind.kind,
    metadata: {
      name: names.primary,
      namespace: names.namespace,
      labels: { ...included(pass, target.metadata.labels), [label.key]: label.value },
      annotations: withoutFluxKeys(userAnnotations(target.metadata.annotations)),
      ownerReferences: [ownerOf(pass.canary)],
    },
    spec: {
      ...kind.newSpec(pass),
      selector: { matchLabels: { [label.key]: label.value } },
      template: primaryTemplate(pass, id),
    },
  };
}

function promotionChanges(pass: Pass, id: string): readonly FieldChange[] {
  const label = primaryLabel(pass);
  return [
    ...targetKindOf(pass.canary).promoted(pass),
    { path: ['spec', 'template'], value: primaryTemplate(pass, id) },
    { path: ['metadata', 'annotations'], value: promotedAnnotations(pass) },
    {
      path: ['metadata', 'labels'],
      value: { ...included(pass, pass.target.metadata.labels), [label.key]: label.value },
    },
  ];
}

/** What the cluster's controllers keep on the primary stays; the user's annotations follow the target's. */
function promotedAnnotations(pass: Pass): TextMap {
  const live = Object.entries(pass.primary?.metadata.annotations ?? {});
  const controllers = live.filter(([key]) => isControllers(key));
  return { ...Object.fromEntries(controllers), ...included(pass, pass.target.metadata.annotations) };
}

/** Annotations that belong to the target alone: its own revision and the text of its last apply. */
function userAnnotations(annotations: TextMap | undefined): TextMap {
  const own = (key: string): boolean =>
    isControllers(key) || key === 'kubectl.kubernetes.io/last-applied-configuration';
  return Object.fromEntries(Object.entries(annotations ?? {}).filter(([key]) => !own(key)));
}

function isControllers(annotation: string): boolean {
  return annotation.startsWith('deployment.kubernetes.io/') || annotation.startsWith('deprecated.daemonset.');
}

function primaryLabel({ target, seen }: Pass): SelectorLabel {
  const { key, value } = selectorLabelOf(target, seen.settings.selectorLabels);
  return { key, value: `${value}-primary` };
}

/** The target's pod template as the primary runs it. */
function primaryTemplate(pass: Pass, id: string): PodTemplate {
  const kind = targetKindOf(pass.canary);
  const { metadata, spec } = kind.template(pass.target);
  const label = primaryLabel(pass);
  const { [idAnnotation]: _targets, ...annotations } = withoutFluxKeys(metadata?.annotations);
  return {
    metadata: {
      labels: { ...withoutFluxKeys(metadata?.labels), [label.key]: label.value },
      annotations: { ...annotations, [idAnnotation]: id },
    },
    spec: withPrimaryConfigs(kind.primaryPods(spec, pass), pass),
  };
}
