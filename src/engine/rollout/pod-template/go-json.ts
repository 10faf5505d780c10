/**
 * JSON as Go writes a struct: fields in the order in which the struct declares them, what is empty left out, what the
 * struct does not know left out too. Hashes of other controllers are taken over this text.
 */
import { canonicalQuantity } from './quantity.ts';

/**
 * The fields of each struct, in order, one word a field:
 *
 * - `name` a scalar that is left out when it is zero; `name*` one that is left out only when it is absent;
 * - `name[]` a list, `name{}` a map with sorted keys, both left out when empty;
 * - `name:Type` another struct, left out when absent; `name:Type[]` and `name:Type{}` lists and maps of it;
 * - `…=text` never left out: the text is written where the field is absent. For a struct, `=` says that it is written
 *   with what it always has.
 *
 * Two types are no structs: `Quantity`, and `Raw`, which is any JSON with sorted keys.
 */
export type StructWords = Readonly<Record<string, string>>;

interface Field {
  readonly name: string;
  readonly type: string;
  readonly shape: '' | '*' | '[]' | '{}';
  /** What is written where there is nothing. */
  readonly absent: string | undefined;
}

export type Structs = ReadonlyMap<string, readonly Field[]>;

export function structsOf(words: StructWords): Structs {
  return new Map(Object.entries(words).map(([name, fields]) => [name, fields.trim().split(/\s+/).map(fieldOf)]));
}

function fieldOf(word: string): Field {
  const [, name = '', type = '', shape = '', absent] = /^(\w+)(?::(\w+))?(\*|\[\]|\{\})?(?:=(.*))?$/.exec(word) ?? [];
  return { name, type, shape: isShape(shape) ? shape : '', absent };
}

function isShape(text: string): text is Field['shape'] {
  return ['', '*', '[]', '{}'].includes(text);
}

/** The text of `value` as a struct of the type. */
export function goJson(structs: Structs, type: string, value: unknown): string {
  const object = isObject(value) ? value : {};
  const members = (structs.get(type) ?? []).flatMap((field) => {
    const text = memberOf(structs, field, object[field.name]);
    return text === undefined ? [] : [`${quoted(field.name)}:${text}`];
  });
  return `{${members.join(',')}}`;
}

function memberOf(structs: Structs, field: Field, value: unknown): string | undefined {
  const { type, shape, absent } = field;
  if (value === undefined || value === null) return absent === '' ? goJson(structs, type, {}) : absent;
  const written = (item: unknown): string => textOf(structs, type, item);
  if (shape === '[]') {
    const items = Array.isArray(value) ? value.map(written) : [];
    return items.length === 0 && absent === undefined ? undefined : `[${items.join(',')}]`;
  }
  if (shape === '{}') {
    const members = isObject(value) ? membersOf(value, written) : [];
    return members.length === 0 && absent === undefined ? undefined : `{${members.join(',')}}`;
  }
  const isDroppedZero = type === '' && shape === '' && absent === undefined && isZero(value);
  return isDroppedZero ? undefined : written(value);
}

function textOf(structs: Structs, type: string, value: unknown): string {
  if (type === 'Quantity') return quoted(canonicalQuantity(String(value)));
  if (type === 'Raw' || type === '') return rawText(value);
  return goJson(structs, type, value);
}

/** Any JSON, with sorted keys. */
function rawText(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(rawText).join(',')}]`;
  return isObject(value) ? `{${membersOf(value, rawText).join(',')}}` : (JSON.stringify(value) ?? 'null');
}

function membersOf(object: Readonly<Record<string, unknown>>, write: (value: unknown) => string): string[] {
  return Object.keys(object)
    .sort()
    .map((key) => `${quoted(key)}:${write(object[key])}`);
}

/** Go escapes what could end a script, and cannot hold half a character. */
function quoted(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(
    /[<>&\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
