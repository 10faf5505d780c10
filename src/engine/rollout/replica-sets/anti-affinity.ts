/** Keeps pods of a new version away from the nodes of the stable one: a term that is added to the template of its ReplicaSet. */
import type { FieldChange } from '#api/field-change.ts';
import type { AntiAffinity, Rollout } from '#api/rollout.ts';
import type { PodTemplate } from '#api/workload.ts';
import { hashLabel, hashOf, type ReplicaSet } from './replica-set.ts';

interface Fields {
  readonly [field: string]: unknown;
}

const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';

/** `template` carries its own hash label: nothing keeps a version away from itself. */
export function withAntiAffinity(
  template: PodTemplate,
  antiAffinity: AntiAffinity | undefined,
  stableHash: string,
  namespace: string,
): PodTemplate {
  if (antiAffinity === undefined || stableHash === '' || template.metadata?.labels?.[hashLabel] === stableHash)
    return template;
  const podAffinityTerm = termFor(stableHash, namespace);
  const affinity = fieldsOf(template.spec['affinity']);
  const own = fieldsOf(affinity['podAntiAffinity']);
  const weight = antiAffinity[preferred]?.weight;
  const podAntiAffinity = {
    ...own,
    ...(antiAffinity[required] === undefined ? {} : { [required]: [...listOf(own[required]), podAffinityTerm] }),
    ...(weight === undefined ? {} : { [preferred]: [...listOf(own[preferred]), { weight, podAffinityTerm }] }),
  };
  return { ...template, spec: { ...template.spec, affinity: { ...affinity, podAntiAffinity } } };
}

function termFor(stableHash: string, namespace: string): Fields {
  return {
    labelSelector: { matchExpressions: [{ key: hashLabel, operator: 'In', values: [stableHash] }] },
    namespaces: [namespace],
    topologyKey: 'kubernetes.io/hostname',
  };
}

/** The template as its author wrote it, as far as this term is concerned. */
export function withoutInjectedAntiAffinity(template: PodTemplate): PodTemplate {
  if (avoidedHashes(template).length === 0) return template;
  const { affinity: all, ...spec } = template.spec;
  const { podAntiAffinity, ...affinity } = fieldsOf(all);
  const { [required]: hard, [preferred]: soft, ...others } = fieldsOf(podAntiAffinity);
  const own = {
    ...others,
    ...listUnlessEmpty(
      required,
      listOf(hard).filter((term) => avoidedHash(term) === undefined),
    ),
    ...listUnlessEmpty(
      preferred,
      listOf(soft).filter((term) => avoidedHash(fieldsOf(term)['podAffinityTerm']) === undefined),
    ),
  };
  const kept = isEmpty(own) ? affinity : { ...affinity, podAntiAffinity: own };
  return { ...template, spec: isEmpty(kept) ? spec : { ...spec, affinity: kept } };
}

function listUnlessEmpty(name: string, list: readonly unknown[]): Fields {
  return list.length === 0 ? {} : { [name]: list };
}

/** Hashes that the added terms keep away from. */
function avoidedHashes(template: PodTemplate): readonly string[] {
  const own = fieldsOf(fieldsOf(template.spec['affinity'])['podAntiAffinity']);
  const terms = [...listOf(own[required]), ...listOf(own[preferred]).map((term) => fieldsOf(term)['podAffinityTerm'])];
  return terms.flatMap((term) => avoidedHash(term) ?? []);
}

/** `undefined` for a term that somebody else wrote. */
function avoidedHash(term: unknown): string | undefined {
  const expressions = listOf(fieldsOf(fieldsOf(term)['labelSelector'])['matchExpressions']);
  const expression = expressions.map(fieldsOf).find(({ key }) => key === hashLabel);
  const [hash] = listOf(expression?.['values']);
  return typeof hash === 'string' ? hash : undefined;
}

/** What has to change where the term keeps away from a version that is not the stable one any more. */
export function antiAffinityChange(rollout: Rollout, set: ReplicaSet): readonly FieldChange[] {
  const { blueGreen, canary } = rollout.spec.strategy ?? {};
  const antiAffinity = (blueGreen ?? canary)?.antiAffinity;
  const stableHash = rollout.status?.stableRS ?? '';
  if (antiAffinity === undefined || stableHash === '' || stableHash === hashOf(set)) return [];
  const { template } = set.spec;
  if (avoidedHashes(template).every((hash) => hash === stableHash)) return [];
  const namespace = set.metadata.namespace ?? '';
  const { spec } = withAntiAffinity(withoutInjectedAntiAffinity(template), antiAffinity, stableHash, namespace);
  return [{ path: ['spec', 'template', 'spec', 'affinity'], value: spec['affinity'] }];
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isEmpty(value: Fields): boolean {
  return Object.keys(value).length === 0;
}
