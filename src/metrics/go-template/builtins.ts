/** The functions that every Go template can call, as far as queries use them. */
import { TemplateError } from './lexer.ts';

export type Value = string | number | boolean | Map<string, string>;

type Builtin = (args: readonly Value[], line: number) => Value;

/** What a value looks like in the output. */
export function printed(value: Value): string {
  if (!(value instanceof Map)) return String(value);
  const entries = sortedKeys(value).map((key) => `${key}:${value.get(key) ?? ''}`);
  return `map[${entries.join(' ')}]`;
}

/** Go walks and prints maps in the order of their keys. */
export function sortedKeys(map: Map<string, string>): string[] {
  const keys: string[] = [...map.keys()];
  return keys.sort();
}

export const builtins: Readonly<Record<string, Builtin>> = {
  not: (args, line) => !truth(only(args, 'not', line)),
  len(args, line) {
    const value = only(args, 'len', line);
    if (typeof value === 'string') return Buffer.byteLength(value);
    if (value instanceof Map) return value.size;
    throw new TemplateError(line, `len of ${printed(value)}: a string or a map is needed`);
  },
  /** As in Go, a key that is not there is the empty string: `index` is how a template asks for what may be missing. */
  index(args, line) {
    const [map, ...keys] = args;
    if (!(map instanceof Map) || keys.length !== 1) throw new TemplateError(line, 'index needs a map and a key');
    const [key] = keys;
    if (typeof key !== 'string') throw new TemplateError(line, 'the key of a map must be a string');
    return map.get(key) ?? '';
  },
  eq(args, line) {
    const [first, ...others] = args;
    if (first === undefined || others.length === 0) throw new TemplateError(line, 'eq needs two arguments');
    return others.some((other) => compared(first, other, line) === 0);
  },
  ne: comparison('ne', (order) => order !== 0),
  lt: comparison('lt', (order) => order < 0),
  le: comparison('le', (order) => order <= 0),
  gt: comparison('gt', (order) => order > 0),
  ge: comparison('ge', (order) => order >= 0),
  printf(args, line) {
    const [format, ...values] = args;
    if (typeof format !== 'string') throw new TemplateError(line, 'printf needs a format');
    return formatted(format, values, line);
  },
  /** Go puts a blank between two neighbours of which neither is a string. */
  print: (args) =>
    args.reduce<string>((text, value, index) => {
      const apart = index > 0 && typeof value !== 'string' && typeof args[index - 1] !== 'string';
      return `${text}${apart ? ' ' : ''}${printed(value)}`;
    }, ''),
  println: (args) => `${args.map(printed).join(' ')}\n`,
  urlquery: (args) => encodeURIComponent(args.map(printed).join('')).replaceAll('%20', '+'),
};

function truth(value: Value): boolean {
  return value instanceof Map ? value.size > 0 : Boolean(value);
}

function only(args: readonly Value[], name: string, line: number): Value {
  const [value] = args;
  if (value === undefined || args.length !== 1) throw new TemplateError(line, `${name} needs one argument`);
  return value;
}

function comparison(name: string, holds: (order: number) => boolean): Builtin {
  return (args, line) => {
    const [first, second] = args;
    if (first === undefined || second === undefined || args.length !== 2) {
      throw new TemplateError(line, `${name} needs two arguments`);
    }
    return holds(compared(first, second, line));
  };
}

function compared(first: Value, second: Value, line: number): number {
  if (typeof first !== typeof second || first instanceof Map || second instanceof Map) {
    throw new TemplateError(
      line,
      `cannot compare ${printed(first)} with ${printed(second)}: they are of different kinds`,
    );
  }
  if (first === second) return 0;
  return first < second ? -1 : 1;
}

const verb = /%([-+# 0]*)(\d*)(?:\.(\d+))?(.?)/gsu;
/** Padding beyond this is a mistake, and costs memory. */
const widest = 1_000;

/** Go's `Sprintf` for the verbs that make sense in a query; what Go would print as `%!d(…)` is an error here. */
function formatted(format: string, values: readonly Value[], line: number): string {
  let used = 0;
  const text = format.replace(
    verb,
    (all, flags: string, width: string, precision: string | undefined, letter: string) => {
      if (letter === '%') return '%';
      const value = values[used++];
      if (value === undefined) throw new TemplateError(line, `printf "${format}": an argument is missing for ${all}`);
      const body = verbText(letter, value, precision === undefined ? undefined : Number(precision));
      if (body === undefined)
        throw new TemplateError(line, `printf "${format}": ${all} does not fit ${printed(value)}`);
      if (Number(width) > widest) throw new TemplateError(line, `printf "${format}": ${all} is too wide`);
      return padded(body, flags, Number(width), typeof value === 'number');
    },
  );
  if (used < values.length)
    throw new TemplateError(line, `printf "${format}": ${values.length - used} arguments too many`);
  return text;
}

function verbText(letter: string, value: Value, precision: number | undefined): string | undefined {
  if (letter === 'v') return printed(value);
  if (letter === 't') return typeof value === 'boolean' ? String(value) : undefined;
  if (letter === 's' || letter === 'q') {
    if (typeof value !== 'string') return undefined;
    const cut =
      precision === undefined
        ? value
        : [...new Intl.Segmenter().segment(value)]
            .slice(0, precision)
            .map((one) => one.segment)
            .join('');
    return letter === 'q' ? JSON.stringify(cut) : cut;
  }
  return typeof value === 'number'
    ? numberText(letter, value, Math.min(precision ?? 6, 100), precision !== undefined)
    : undefined;
}

function numberText(letter: string, value: number, precision: number, given: boolean): string | undefined {
  switch (letter) {
    case 'd':
      return Number.isInteger(value) ? String(value) : undefined;
    case 'x':
      return Number.isInteger(value) ? value.toString(16) : undefined;
    case 'f':
    case 'F':
      return value.toFixed(precision);
    case 'e':
      return value.toExponential(precision).replace(/e([+-])(\d)$/, 'e$10$2');
    case 'g':
      return given ? String(Number(value.toPrecision(Math.max(1, precision)))) : String(value);
    default:
      return undefined;
  }
}

function padded(body: string, flags: string, width: number, isNumber: boolean): string {
  const signed = isNumber && flags.includes('+') && !body.startsWith('-') ? `+${body}` : body;
  if (flags.includes('-')) return signed.padEnd(width);
  if (!isNumber || !flags.includes('0')) return signed.padStart(width);
  const sign = /^[+-]/.exec(signed)?.[0] ?? '';
  return sign + signed.slice(sign.length).padStart(width - sign.length, '0');
}
