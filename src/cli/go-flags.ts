/** Command line flags as Go programs read them, from a table: the args of an existing Deployment have to work. */
import { formatDuration, parseDuration } from '#api/duration.ts';
import { parseGoBool } from '#runtime/go-bool.ts';

export interface Flag<V> {
  /** The word behind the name in the usage text; a bool needs no value. */
  readonly kind: 'string' | 'bool' | 'int' | 'duration' | 'list';
  readonly fallback: V;
  /** Empty: accepted, but not shown. */
  readonly help: string;
  readonly parse: (text: string) => V | undefined;
  /** What a number or duration must be. Default: any. */
  readonly range?: Range;
  /** A list that grows with each time that it is given. */
  readonly repeats?: boolean;
}

/** Bounds of a number; those of a duration in milliseconds. */
export type Range = { readonly above: number } | { readonly from: number; readonly to?: number };

/** What a table of flags gives: by name, without dashes in front. */
export type FlagValues<T extends Readonly<Record<string, Flag<unknown>>>> = {
  readonly [K in keyof T]: T[K] extends Flag<infer V> ? V : never;
};

export type ParsedFlags<T extends Readonly<Record<string, Flag<unknown>>>> =
  | {
      readonly ok: true;
      readonly values: FlagValues<T>;
      /** Names that the command line sets. */
      readonly given: ReadonlySet<string>;
      /** What follows the flags. */
      readonly rest: readonly string[];
    }
  | { readonly ok: false; readonly help: true }
  | { readonly ok: false; readonly help: false; readonly message: string };

export const stringFlag = (fallback: string, help: string): Flag<string> => ({
  kind: 'string',
  fallback,
  help,
  parse: (text) => text,
});

export const boolFlag = (fallback: boolean, help: string): Flag<boolean> => ({
  kind: 'bool',
  fallback,
  help,
  parse: parseGoBool,
});

export const intFlag = (fallback: number, help: string, range?: Range): Flag<number> => ({
  kind: 'int',
  fallback,
  help,
  parse: parseInteger,
  ...(range === undefined ? {} : { range }),
});

/** Milliseconds of a text like `10s`. */
export const durationFlag = (fallback: number, help: string, range?: Range): Flag<number> => ({
  kind: 'duration',
  fallback,
  help,
  parse: parseDuration,
  ...(range === undefined ? {} : { range }),
});

/** Texts between commas; blanks around them and empty ones do not count. */
export const listFlag = (fallback: readonly string[], help: string): Flag<readonly string[]> => ({
  kind: 'list',
  fallback,
  help,
  parse: (text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
});

/** A list with one item for each time that the flag is given; commas are part of the item. */
export const repeatedFlag = (fallback: readonly string[], help: string): Flag<readonly string[]> => ({
  kind: 'list',
  fallback,
  help,
  parse: (text) => [text],
  repeats: true,
});

/** What klog adds to every Kubernetes program: accepted, so that nobody's args stop working, and ignored. */
export const klogFlags = {
  add_dir_header: boolFlag(false, ''),
  alsologtostderr: boolFlag(false, ''),
  legacy_stderr_threshold_behavior: boolFlag(true, ''),
  log_backtrace_at: stringFlag('', ''),
  log_dir: stringFlag('', ''),
  log_file: stringFlag('', ''),
  log_file_max_size: stringFlag('', ''),
  logtostderr: boolFlag(true, ''),
  one_output: boolFlag(false, ''),
  skip_headers: boolFlag(false, ''),
  skip_log_headers: boolFlag(false, ''),
  stderrthreshold: stringFlag('', ''),
  v: stringFlag('', ''),
  vmodule: stringFlag('', ''),
} as const;

export function parseFlags<T extends Readonly<Record<string, Flag<unknown>>>>(
  table: T,
  argv: readonly string[],
): ParsedFlags<T> {
  const found = new Map<string, unknown>();
  const rest = [...argv];
  for (let argument = rest[0]; argument !== undefined && isFlag(argument); argument = rest[0]) {
    rest.shift();
    if (argument === '--') break;
    const split = nameAndValue(argument);
    if (split === undefined) return refusal(`bad flag syntax: ${argument}`);
    const { name, value } = split;
    const flag = Object.hasOwn(table, name) ? table[name] : undefined;
    if (flag === undefined && (name === 'h' || name === 'help')) return { ok: false, help: true };
    if (flag === undefined) return refusal(`flag provided but not defined: -${name}`);
    const text = value ?? (flag.kind === 'bool' ? 'true' : rest.shift());
    if (text === undefined) return refusal(`flag needs an argument: -${name}`);
    const parsed = flag.parse(text);
    if (parsed === undefined) return refusal(invalid(flag, name, text));
    if (isOutside(flag, parsed)) return refusal(`Cannot set -${name} to ${text}: it must be ${rangeText(flag)}`);
    found.set(name, flag.repeats === true ? [found.get(name) ?? [], parsed].flat() : parsed);
  }
  return { ok: true, values: valuesOf(table, found), given: new Set(found.keys()), rest };
}

/** The text behind `-help`, in Go's form. */
export function flagUsage(program: string, table: Readonly<Record<string, Flag<unknown>>>): string {
  const lines = Object.entries(table)
    .filter(([, flag]) => flag.help !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([name, flag]) =>
        `  -${name}${flag.kind === 'bool' ? '' : ` ${flag.kind}`}\n    \t${flag.help}${fallbackText(flag)}`,
    );
  return `Usage of ${program}:\n${lines.join('\n')}\n`;
}

function refusal(message: string): { ok: false; help: false; message: string } {
  return { ok: false, help: false, message };
}

/** A single dash is an argument, not a flag. */
function isFlag(argument: string): boolean {
  return argument.startsWith('-') && argument !== '-';
}

function nameAndValue(argument: string): { name: string; value: string | undefined } | undefined {
  const body = argument.replace(/^--?/, '');
  if (body === '' || body.startsWith('-') || body.startsWith('=')) return undefined;
  const equals = body.indexOf('=');
  return equals === -1
    ? { name: body, value: undefined }
    : { name: body.slice(0, equals), value: body.slice(equals + 1) };
}

function invalid(flag: Flag<unknown>, name: string, text: string): string {
  const what =
    flag.kind === 'bool' ? `invalid boolean value "${text}" for -${name}` : `invalid value "${text}" for flag -${name}`;
  return `${what}: parse error`;
}

function isOutside({ range }: Flag<unknown>, value: unknown): boolean {
  if (range === undefined || typeof value !== 'number') return false;
  if ('above' in range) return value <= range.above;
  return value < range.from || value > (range.to ?? Infinity);
}

function rangeText({ range, kind }: Flag<unknown>): string {
  const text = (bound: number): string => (kind === 'duration' ? formatDuration(bound) : String(bound));
  if (range === undefined) return 'anything';
  if ('above' in range) return `greater than ${text(range.above)}`;
  return range.to === undefined ? `${text(range.from)} or more` : `from ${text(range.from)} to ${text(range.to)}`;
}

function valuesOf<T extends Readonly<Record<string, Flag<unknown>>>>(
  table: T,
  found: ReadonlyMap<string, unknown>,
): FlagValues<T> {
  const values = Object.fromEntries(
    Object.entries(table).map(([name, flag]) => [name, found.has(name) ? found.get(name) : flag.fallback]),
  );
  // each value came from the parser or the fallback of its own flag
  return values as FlagValues<T>;
}

function parseInteger(text: string): number | undefined {
  if (!/^[+-]?(\d+|0[xX][0-9a-fA-F]+)$/.test(text)) return undefined;
  const magnitude = Number(text.replace(/^[+-]/, ''));
  const value = text.startsWith('-') ? -magnitude : magnitude;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Zero values go without saying, as in Go. */
function fallbackText({ kind, fallback }: Flag<unknown>): string {
  if (Array.isArray(fallback)) return fallback.length === 0 ? '' : ` (default "${fallback.join(',')}")`;
  if (typeof fallback === 'string') return fallback === '' ? '' : ` (default "${fallback}")`;
  if (typeof fallback === 'number' && kind === 'duration') return ` (default ${formatDuration(fallback)})`;
  return fallback === false || fallback === 0 ? '' : ` (default ${String(fallback)})`;
}
