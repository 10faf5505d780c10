/** Built-in functions on texts, JSON and Base64. */
import { argument, define, intArgument, listArgument, notOfType, textArgument, typed } from './builtin.ts';
import type { Builtin } from './builtin.ts';
import { fail, limits } from './expression-error.ts';
import * as types from './types.ts';
import { jsonOf } from './value-text.ts';
import { fromUtf8, isSpecial, utf8, valueOf } from './values.ts';
import type { Value } from './values.ts';

const text = typed(['string'], 'string');
const textsOnly = { ...text, all: true } as const;
/** Of several forms of a function the last one says what is wrong, and it wants another number of arguments. */
const textOfMore = typed(['string'], 'string', (name) => `not enough arguments to call ${name}`);
const textOfFewer = typed(['string'], 'string', (name, type, args) =>
  args > 1 ? `too many arguments to call ${name}` : text.refusal(name, type, args),
);

export const textBuiltins: readonly Builtin[] = [
  define('trim', [1, 2], types.string, (args) => trimmed(textArgument(args, 0), optional(args, 1)), textOfMore),
  define(
    'trimPrefix',
    [1, 2],
    types.string,
    (args) => withoutPrefix(textArgument(args, 0), optional(args, 1) ?? ' '),
    textOfFewer,
  ),
  define(
    'trimSuffix',
    [1, 2],
    types.string,
    (args) => withoutSuffix(textArgument(args, 0), optional(args, 1) ?? ' '),
    textOfFewer,
  ),
  define('upper', [1, 1], types.string, (args) => textArgument(args, 0).toUpperCase(), text),
  define('lower', [1, 1], types.string, (args) => textArgument(args, 0).toLowerCase(), text),
  define('split', [2, 3], types.textList, (args) => parts('split', args).map(([part]) => part), textOfMore),
  define(
    'splitAfter',
    [2, 3],
    types.textList,
    (args) => parts('splitAfter', args).map(([part, separator]) => part + separator),
    textOfMore,
  ),
  define('replace', [3, 4], types.string, (args, { charge }) => replaced(args, charge), text),
  define('repeat', [2, 2], types.string, (args, { charge }) => repeated(args, charge), text),
  define('join', [1, 2], types.string, (args, { charge }) => joined(args, charge), typed(['list'], '[]string')),
  define(
    'indexOf',
    [2, 2],
    types.int,
    (args) => byteIndex(textArgument(args, 0), (one) => one.indexOf(textArgument(args, 1))),
    textsOnly,
  ),
  define(
    'lastIndexOf',
    [2, 2],
    types.int,
    (args) => byteIndex(textArgument(args, 0), (one) => one.lastIndexOf(textArgument(args, 1))),
    textsOnly,
  ),
  define('hasPrefix', [2, 2], types.bool, (args) => textArgument(args, 0).startsWith(textArgument(args, 1)), text),
  define('hasSuffix', [2, 2], types.bool, (args) => textArgument(args, 0).endsWith(textArgument(args, 1)), text),
  define('toJSON', [1, 1], types.string, (args, { charge }) => {
    const json = jsonOf(argument(args, 0));
    charge(json.length);
    return json;
  }),
  define('fromJSON', [1, 1], types.unknown, (args) => fromJson(textArgument(args, 0)), text),
  define('toBase64', [1, 1], types.string, (args) => base64(argument(args, 0)), typed(['string', 'bytes'], 'string')),
  define('fromBase64', [1, 1], types.string, (args) => decoded(textArgument(args, 0)), text),
];

function optional(args: readonly Value[], at: number): string | undefined {
  return args.length > at ? textArgument(args, at) : undefined;
}

/** Without characters: white space. */
function trimmed(value: string, characters: string | undefined): string {
  if (characters === undefined) return value.trim();
  const set = new Set(characters);
  const all = Array.from(value);
  const start = all.findIndex((one) => !set.has(one));
  return start === -1 ? '' : all.slice(start, all.findLastIndex((one) => !set.has(one)) + 1).join('');
}

const withoutPrefix = (value: string, prefix: string): string =>
  prefix !== '' && value.startsWith(prefix) ? value.slice(prefix.length) : value;
const withoutSuffix = (value: string, suffix: string): string =>
  suffix !== '' && value.endsWith(suffix) ? value.slice(0, -suffix.length) : value;

/** Each part with the separator after it; a limit leaves the rest in the last part. */
function parts(name: string, args: readonly Value[]): [string, string][] {
  const value = textArgument(args, 0);
  const separator = textArgument(args, 1);
  const wanted = args.length > 2 ? Number(intArgument(name, args, 2)) : -1;
  if (wanted === 0) return [];
  const all = separator === '' ? Array.from(value) : value.split(separator);
  const kept =
    wanted < 0 || wanted >= all.length ? all : [...all.slice(0, wanted - 1), all.slice(wanted - 1).join(separator)];
  return kept.map((part, at) => [part, at < kept.length - 1 ? separator : '']);
}

function replaced(args: readonly Value[], charge: (made: number) => void): string {
  const value = textArgument(args, 0);
  const from = textArgument(args, 1);
  const to = textArgument(args, 2);
  const times = args.length > 3 ? Number(intArgument('replace', args, 3)) : -1;
  const pieces = from === '' ? ['', ...Array.from(value), ''] : value.split(from);
  charge(value.length + pieces.length * to.length);
  if (times < 0 || times >= pieces.length - 1) return pieces.join(to);
  return pieces.slice(0, times + 1).join(to) + from + pieces.slice(times + 1).join(from);
}

function repeated(args: readonly Value[], charge: (made: number) => void): string {
  const value = textArgument(args, 0);
  const times = intArgument('repeat', args, 1);
  if (times < 0n) fail(`invalid argument for repeat (expected positive integer, got ${times})`);
  if (times > BigInt(limits.memory)) fail('memory budget exceeded');
  charge(value.length * Number(times));
  return value.repeat(Number(times));
}

function joined(args: readonly Value[], charge: (made: number) => void): string {
  const items = listArgument('join', args, 0).map((item) =>
    typeof item === 'string' ? item : notOfType(item, 'string'),
  );
  const glue = optional(args, 1) ?? '';
  charge(items.reduce((sum, item) => sum + item.length + glue.length, 0));
  return items.join(glue);
}

/** Go counts bytes. */
function byteIndex(value: string, find: (value: string) => number): bigint {
  const at = find(value);
  return at === -1 ? -1n : BigInt(utf8(value.slice(0, at)).length);
}

function fromJson(json: string): Value {
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
  return valueOf(data);
}

function base64(value: Value): string {
  const bytes = isSpecial(value, 'bytes')
    ? value.bytes
    : typeof value === 'string'
      ? utf8(value)
      : notOfType(value, 'string');
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

function decoded(value: string): string {
  try {
    return fromUtf8(Array.from(atob(value), (character) => character.charCodeAt(0)));
  } catch {
    return fail('illegal base64 data');
  }
}
