/** Pods made from a template, and the hash that names a template. */
import type { KubeObject, OwnerReference } from '#api/kubernetes.ts';

import type { PodTemplate } from './shapes.ts';

/** Kubernetes' alphabet for generated names: no vowels and no 0, 1, 3, so that no words come out. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

export const hashLabel = 'pod-template-hash';

/** Five random characters, as the API server appends to a generated name. */
export function suffix(random: () => number): string {
  return Array.from({ length: 5 }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
}

/** FNV-1a (32 bits) of the canonical JSON, its decimal digits written in the alphabet above; differs for each `collisions`. */
export function templateHash(template: PodTemplate | undefined, collisions = 0): string {
  let hash = 0x811c9dc5;
  for (const char of `${canonical(template)}${collisions === 0 ? '' : collisions}`) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  }
  const digits = String(hash >>> 0);
  return Array.from(digits, (digit) => alphabet[digit.charCodeAt(0) % alphabet.length]).join('');
}

function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join(',')}}`;
}

/** The template with `labels` added to its own. */
export function withLabels(template: PodTemplate | undefined, labels: Readonly<Record<string, string>>): PodTemplate {
  return { ...template, metadata: { ...template?.metadata, labels: { ...template?.metadata?.labels, ...labels } } };
}

const bareTexts = new WeakMap<PodTemplate, string>();

/**
 * Whether two templates are the same but for the label that a Deployment adds for its ReplicaSet.
 * Templates are never mutated and live as long as their object, so that each is written out once.
 */
export function sameTemplate(a: PodTemplate | undefined, b: PodTemplate | undefined): boolean {
  return bareText(a) === bareText(b);
}

function bareText(template: PodTemplate = {}): string {
  const known = bareTexts.get(template);
  if (known !== undefined) return known;
  const { [hashLabel]: _, ...labels } = template.metadata?.labels ?? {};
  const text = canonical({ ...template, metadata: { ...template.metadata, labels } });
  bareTexts.set(template, text);
  return text;
}

/** A Pod of `template`; its name is the owner's with a random end. */
export function podOf(
  template: PodTemplate | undefined,
  owner: OwnerReference,
  namespace: string | undefined,
  random: () => number,
): KubeObject {
  const { labels, annotations } = template?.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${owner.name}-${suffix(random)}`,
      generateName: `${owner.name}-`,
      ...(namespace !== undefined && { namespace }),
      ...(labels !== undefined && { labels }),
      ...(annotations !== undefined && { annotations }),
      ownerReferences: [owner],
    },
    spec: template?.spec ?? {},
    status: { phase: 'Pending' },
  };
}
