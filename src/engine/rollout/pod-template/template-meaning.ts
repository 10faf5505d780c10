/** Whether two pod templates run the same pods, however they are written and whatever the API server has added to one. */
import type { PodTemplate } from '#api/workload.ts';
import { goJson, structsOf } from './go-json.ts';
import { withoutDefaults, type PodObject } from './pod-defaults.ts';
import { podFieldOrder } from './pod-field-order.ts';
import { quantityAmount } from './quantity.ts';
import { hashLabel } from '../replica-sets/replica-set.ts';

const structs = structsOf(podFieldOrder);

/** Of `serviceAccountName`, with the same value. */
const deprecatedName = 'serviceAccount';

/** Labels of the hash do not count: they follow from the rest. */
export function templatesMeanTheSame(one: PodTemplate, other: PodTemplate): boolean {
  return meaningOf(one) === meaningOf(other);
}

function meaningOf(template: PodTemplate): string {
  // Written once, so that zeros are gone and quantities have one form; and again without the defaults.
  const plain: unknown = JSON.parse(goJson(structs, 'PodTemplateSpec', withoutHash(template)));
  return goJson(structs, 'PodTemplateSpec', stripped('PodTemplateSpec', plain));
}

function withoutHash(template: PodTemplate): PodTemplate {
  const { [hashLabel]: _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

function stripped(type: string, value: unknown): unknown {
  const fields = structs.get(type);
  if (fields === undefined || !isObject(value)) return value;
  const object: PodObject = Object.fromEntries(
    fields
      .filter(({ name }) => name !== deprecatedName && value[name] !== undefined)
      .map(({ name, type }) => [name, strippedMember(type, value[name])]),
  );
  return withoutDefaults(type, object);
}

function strippedMember(type: string, value: unknown): unknown {
  if (type === 'Quantity') return amountsOf(value);
  return Array.isArray(value) ? value.map((item) => stripped(type, item)) : stripped(type, value);
}

/** Of one quantity, or of a map of them. */
function amountsOf(value: unknown): unknown {
  if (!isObject(value)) return quantityAmount(String(value));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, quantityAmount(String(item))]));
}

function isObject(value: unknown): value is PodObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
