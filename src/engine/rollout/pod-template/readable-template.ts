/** A pod template without what Kubernetes' own types cannot hold and the CRD lets through: amounts that are no quantities. */
import type { PodTemplate } from '#api/workload.ts';
import { quantityNanos } from './quantity.ts';
import { isRawObject, objectsOf, type RawObject } from '../raw-json.ts';

/** The template itself when there is nothing to leave out. One bad amount shall not keep a whole Rollout from its pods. */
export function readableTemplate(template: PodTemplate): PodTemplate {
  const { spec }: RawObject = { ...template };
  if (!isRawObject(spec)) return template;
  const read = readableSpec(spec);
  // It has lost nothing that every pod has.
  return read === spec ? template : { ...template, spec: read as PodTemplate['spec'] };
}

function readableSpec(spec: RawObject): RawObject {
  let read = spec;
  for (const list of ['containers', 'initContainers']) {
    const containers = objectsOf(spec[list]);
    const readable = containers.map(readableContainer);
    if (readable.some((container, at) => container !== containers[at])) read = { ...read, [list]: readable };
  }
  // As the original: of these none is left where one cannot be read.
  const ephemeral = objectsOf(spec['ephemeralContainers']);
  if (ephemeral.every((container) => readableContainer(container) === container)) return read;
  const { ephemeralContainers: _unreadable, ...others } = read;
  return others;
}

function readableContainer(container: RawObject): RawObject {
  const { resources } = container;
  if (!isRawObject(resources)) return container;
  const fields = ['limits', 'requests'].filter((field) => !isReadable(resources[field]));
  if (fields.length === 0) return container;
  const kept = fields.map((field) => [field, readableAmounts(resources[field])] as const);
  return { ...container, resources: { ...resources, ...Object.fromEntries(kept) } };
}

const isQuantity = (amount: unknown): boolean =>
  (typeof amount === 'string' || typeof amount === 'number') && quantityNanos(String(amount)) !== undefined;

function isReadable(amounts: unknown): boolean {
  if (amounts === undefined || amounts === null) return true;
  return isRawObject(amounts) && Object.values(amounts).every(isQuantity);
}

function readableAmounts(amounts: unknown): RawObject {
  const entries = isRawObject(amounts) ? Object.entries(amounts) : [];
  return Object.fromEntries(entries.filter(([, amount]) => isQuantity(amount)));
}
