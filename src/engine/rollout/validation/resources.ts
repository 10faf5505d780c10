/** What a container asks for, and what it may use at most. */
import { forbidden, invalid, required, type FieldProblems } from './field-problem.ts';
import { canonicalQuantity, quantityNanos } from '../pod-template/quantity.ts';
import { objectOf, sortedEntries, type RawObject } from '../raw-json.ts';

const standard = new Set(['cpu', 'memory', 'ephemeral-storage']);

/** Devices and the like: a node has them or not, so that nobody gets more than he asks for. */
const isExtended = (name: string): boolean => name.includes('/') && !name.includes('kubernetes.io/');
const isHugePage = (name: string): boolean => name.startsWith('hugepages-');

export function* resourceProblems(resources: RawObject, field: string): FieldProblems {
  const limits = objectOf(resources['limits']);
  const requests = objectOf(resources['requests']);
  yield* amountProblems(limits, `${field}.limits`);
  for (const [name, wanted] of sortedEntries(requests)) {
    yield* amountProblems({ [name]: wanted }, `${field}.requests`);
    yield* limitProblems(name, amountText(wanted), amountText(limits[name]), field);
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHugePage) && !names.includes('cpu') && !names.includes('memory'))
    yield forbidden(field, 'HugePages require cpu or memory');
}

function* limitProblems(name: string, wanted: string, limit: string, field: string): FieldProblems {
  const isFixed = isExtended(name) || isHugePage(name);
  if (limit === '' && isFixed) yield required(`${field}.limits`, 'Limit must be set for non overcommitable resources');
  const most = quantityNanos(limit);
  const least = quantityNanos(wanted);
  if (most === undefined || least === undefined) return;
  const relation = isFixed && least !== most ? 'equal to' : least > most ? 'less than or equal to' : undefined;
  if (relation === undefined) return;
  const detail = `must be ${relation} ${name} limit of ${canonicalQuantity(limit)}`;
  yield invalid(`${field}.requests`, canonicalQuantity(wanted), detail);
}

function* amountProblems(amounts: RawObject, field: string): FieldProblems {
  for (const [name, amount] of sortedEntries(amounts)) {
    const place = `${field}[${name}]`;
    const nanos = quantityNanos(amountText(amount));
    if (!standard.has(name) && !isHugePage(name) && !name.includes('/')) {
      yield invalid(place, name, 'must be a standard resource type or fully qualified');
      yield invalid(place, name, 'must be a standard resource for containers');
    }
    if (nanos === undefined) continue;
    const shown = canonicalQuantity(amountText(amount));
    if (nanos < 0n) yield invalid(place, shown, 'must be greater than or equal to 0');
    if (isExtended(name) && nanos % 1_000_000_000n !== 0n) yield invalid(place, shown, 'must be an integer');
  }
}

/** Quantities may be written as numbers. */
const amountText = (amount: unknown): string =>
  typeof amount === 'string' || typeof amount === 'number' ? String(amount) : '';
