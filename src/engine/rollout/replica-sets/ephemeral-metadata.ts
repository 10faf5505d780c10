/** Labels and annotations that a pod has only while its version is canary, preview, stable or active. */
import type { FieldChange } from '#api/field-change.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import type { EphemeralMetadata } from '#api/rollout.ts';
import type { PodTemplate } from '#api/workload.ts';
import { annotationKeys, type ReplicaSet } from './replica-set.ts';

type Texts = Readonly<Record<string, string>>;

export interface Labelled {
  readonly labels?: Texts;
  readonly annotations?: Texts;
}

export interface Marked {
  readonly metadata: { readonly labels: Texts; readonly annotations: Texts };
  /** What is written down for the next time; `undefined`: nothing. */
  readonly record: EphemeralMetadata | undefined;
}

/** Takes away what was added before and is not wanted any more, and adds what is. */
export function withEphemeralMetadata(
  current: Labelled,
  recorded: EphemeralMetadata | undefined,
  wanted: EphemeralMetadata | undefined,
): Marked {
  const labels = replaced(current.labels, recorded?.labels, wanted?.labels);
  const annotations = replaced(current.annotations, recorded?.annotations, wanted?.annotations);
  return { metadata: { labels, annotations }, record: isNothing(wanted) ? undefined : wanted };
}

function replaced(current: Texts = {}, recorded: Texts = {}, wanted: Texts = {}): Texts {
  const kept = Object.entries(current).filter(([key]) => !Object.hasOwn(recorded, key));
  return { ...Object.fromEntries(kept), ...wanted };
}

function isNothing(metadata: EphemeralMetadata | undefined): boolean {
  return Object.keys({ ...metadata?.labels, ...metadata?.annotations }).length === 0;
}

/** What was added to the ReplicaSet's template; a record that cannot be read is none. */
export function recordedMetadata(set: ReplicaSet): EphemeralMetadata | undefined {
  const text = set.metadata.annotations?.[annotationKeys.ephemeralMetadata];
  const record = text === undefined ? undefined : parsed(text);
  if (record === undefined) return undefined;
  return { labels: textsOf(record['labels']), annotations: textsOf(record['annotations']) };
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function textsOf(value: unknown): Texts {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, text]) => (typeof text === 'string' ? [[key, text]] : [])),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text of the annotation that records it. */
export function recordText({ labels, annotations }: EphemeralMetadata): string {
  return JSON.stringify({ ...sortedOrNone('labels', labels), ...sortedOrNone('annotations', annotations) });
}

function sortedOrNone(name: string, texts: Texts = {}): Readonly<Record<string, Texts>> {
  const entries = Object.entries(texts).sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.length === 0 ? {} : { [name]: Object.fromEntries(entries) };
}

/** The template of a new ReplicaSet, and the text of its annotation. */
export function ephemeralTemplate(
  template: PodTemplate,
  wanted: EphemeralMetadata | undefined,
): { readonly template: PodTemplate; readonly record: string | undefined } {
  const { metadata, record } = withEphemeralMetadata(template.metadata ?? {}, undefined, wanted);
  if (record === undefined) return { template, record: undefined };
  return { template: { ...template, metadata: { ...template.metadata, ...metadata } }, record: recordText(record) };
}

/** The template as it was before anything was added. */
export function withoutEphemeralMetadata(set: ReplicaSet): PodTemplate {
  const { template } = set.spec;
  const recorded = recordedMetadata(set);
  if (recorded === undefined) return template;
  const { metadata } = withEphemeralMetadata(template.metadata ?? {}, recorded, undefined);
  return { ...template, metadata: { ...template.metadata, ...metadata } };
}

/** What has to change in a ReplicaSet; its pods follow with `ephemeralPodChanges`. */
export function ephemeralSetChanges(set: ReplicaSet, wanted: EphemeralMetadata | undefined): readonly FieldChange[] {
  const { metadata = {} } = set.spec.template;
  const recorded = recordedMetadata(set);
  const { record } = withEphemeralMetadata(metadata, recorded, wanted);
  const path = ['metadata', 'annotations', annotationKeys.ephemeralMetadata];
  const before = set.metadata.annotations?.[annotationKeys.ephemeralMetadata];
  const after = record === undefined ? undefined : recordText(record);
  return [
    ...labelledChanges(['spec', 'template', 'metadata'], metadata, recorded, wanted),
    ...(before === after ? [] : [{ path, value: after }]),
  ];
}

/** What has to change in a pod; `recorded` is what its ReplicaSet had recorded before it was changed itself. */
export function ephemeralPodChanges(
  pod: KubeObject,
  recorded: EphemeralMetadata | undefined,
  wanted: EphemeralMetadata | undefined,
): readonly FieldChange[] {
  return labelledChanges(['metadata'], pod.metadata, recorded, wanted);
}

function labelledChanges(
  path: readonly string[],
  current: Labelled,
  recorded: EphemeralMetadata | undefined,
  wanted: EphemeralMetadata | undefined,
): readonly FieldChange[] {
  const { metadata } = withEphemeralMetadata(current, recorded, wanted);
  return [
    ...textChanges([...path, 'labels'], current.labels, metadata.labels),
    ...textChanges([...path, 'annotations'], current.annotations, metadata.annotations),
  ];
}

function textChanges(path: readonly string[], before: Texts = {}, after: Texts): readonly FieldChange[] {
  return Object.keys({ ...before, ...after })
    .filter((key) => before[key] !== after[key])
    .map((key) => ({ path: [...path, key], value: after[key] }));
}
