/** Values as text: Go's `%v`, and JSON. */
import { formatDuration } from '#api/duration.ts';
import { fail } from './expression-error.ts';
import { floatText, fromUtf8, isList, isMap, isSpecial } from './values.ts';
import type { Value } from './values.ts';

export function textOf(value: Value): string {
  if (value === null) return '<nil>';
  if (typeof value === 'number') return floatText(value);
  if (typeof value !== 'object') return String(value);
  if (isList(value)) return `[${value.map(textOf).join(' ')}]`;
  if (isMap(value))
    return `map[${sortedEntries(value)
      .map(([key, item]) => `${textOf(key)}:${textOf(item)}`)
      .join(' ')}]`;
  switch (value.is) {
    case 'time':
      return timeText(value.nanoseconds, value.zone);
    case 'duration':
      return formatDuration(Number(value.nanoseconds) / 1e6);
    case 'zone':
      return value.name;
    case 'bytes':
      return `[${value.bytes.join(' ')}]`;
    case 'func':
      return value.name;
  }
}

/** RFC 3339, which is also how JSON holds a time. */
function timeText(nanoseconds: bigint, zone: string): string {
  const text = new Temporal.Instant(nanoseconds).toZonedDateTimeISO(zone).toString({ timeZoneName: 'never' });
  return text.replace(/\+00:00$/, 'Z');
}

function sortedEntries(map: ReadonlyMap<Value, Value>): [Value, Value][] {
  return [...map].sort(([one], [other]) => {
    if (typeof one === 'string' && typeof other === 'string') return one < other ? -1 : 1;
    return Number(one) - Number(other);
  });
}

export function jsonOf(value: Value, indent = ''): string {
  const inner = `${indent}  `;
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number')
    return Number.isFinite(value) ? jsonNumber(value) : fail(`json: unsupported value: ${floatText(value)}`);
  if (typeof value === 'string') return JSON.stringify(value);
  if (isList(value)) {
    return value.length === 0 ? '[]' : `[\n${value.map((item) => inner + jsonOf(item, inner)).join(',\n')}\n${indent}]`;
  }
  if (isMap(value)) {
    const members = sortedEntries(value).map(
      ([key, item]) => `${inner}${JSON.stringify(textOf(key))}: ${jsonOf(item, inner)}`,
    );
    return members.length === 0 ? '{}' : `{\n${members.join(',\n')}\n${indent}}`;
  }
  if (isSpecial(value, 'duration')) return String(value.nanoseconds);
  if (isSpecial(value, 'bytes')) return JSON.stringify(btoa(String.fromCharCode(...value.bytes)));
  if (isSpecial(value, 'func')) return fail('json: unsupported type: func');
  return JSON.stringify(textOf(value));
}

function jsonNumber(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

export const bytesText = (bytes: readonly number[]): string => fromUtf8(bytes);
