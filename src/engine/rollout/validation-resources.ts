/** What a container asks for, and what it may use at most. */
import { invalid, type FieldProblems } from './field-problem.ts';
import { canonicalQuantity, quantityNanos } from './quantity.ts';
import { objectOf, sortedEntries, type RawObject } from './raw-json.ts';

const standard = new Set(['cpu', 'memory', 'ephemeral-storage', 'storage']);

export function* resourceProblems(resources: RawObject, field: string): FieldProblems {
  const limits = objectOf(resources['limits']);
  const requests = objectOf(resources['requests']);
  yield* amountProblems(limits, `${field}.limits`);
  yield* amountProblems(requests, `${field}.requests`);
  for (const [name, wanted] of sortedEntries(requests)) {
    const limit = amountText(limits[name]);
    const most = quantityNanos(limit);
    const least = quantityNanos(amountText(wanted));
    if (most === undefined || least === undefined || least <= most) continue;
    yield invalid(
      `${field}.requests`,
      canonicalQuantity(amountText(wanted)),
      `must be less than or equal to ${name} limit of ${canonicalQuantity(limit)}`,
    );
  }
}

function* amountProblems(amounts: RawObject, field: string): FieldProblems {
  for (const [name, amount] of sortedEntries(amounts)) {
    const place = `${field}[${name}]`;
    if (!standard.has(name) && !name.startsWith('hugepages-') && !name.includes('/'))
      yield invalid(place, name, 'must be a standard resource type or fully qualified');
    const nanos = quantityNanos(amountText(amount));
    if (nanos !== undefined && nanos < 0n)
      yield invalid(place, canonicalQuantity(amountText(amount)), 'must be greater than or equal to 0');
  }
}

/** Quantities may be written as numbers. */
const amountText = (amount: unknown): string =>
  typeof amount === 'string' || typeof amount === 'number' ? String(amount) : '';
