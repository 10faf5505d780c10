/** Command line flags as kubectl and its plugins read them: anywhere on the line, long or short, with their refusals to the letter. */
import { parseGoBool } from '#runtime/go-bool.ts';
import { parseGoDuration } from './go-duration.ts';

export interface Flag<V> {
  /** Stands behind the name in the usage; empty for a flag that needs no value. */
  readonly word: string;
  readonly fallback: V;
  readonly help: string;
  /** The one-letter form. */
  readonly short?: string;
  /** What to use instead. A deprecated flag works, but is not shown. */
  readonly deprecated?: string;
  /** The value from a text and what was there before; throws an error with the cause of a refusal. */
  read(text: string, before: V): V;
}

export type FlagTable = Readonly<Record<string, Flag<unknown>>>;

export type FlagValues<T extends FlagTable> = { readonly [K in keyof T]: T[K] extends Flag<infer V> ? V : never };

/** What a flag may have beside its fallback and help. */
export type FlagExtras = Pick<Flag<unknown>, 'short' | 'deprecated'>;

export const stringFlag = (fallback: string, help: string, extras: FlagExtras = {}): Flag<string> => ({
  word: 'string',
  fallback,
  help,
  read: (text) => text,
  ...extras,
});

export const boolFlag = (fallback: boolean, help: string, extras: FlagExtras = {}): Flag<boolean> => ({
  word: '',
  fallback,
  help,
  read: (text) => parseGoBool(text) ?? refuse(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`),
  ...extras,
});

export const intFlag = (fallback: number, help: string, extras: FlagExtras = {}): Flag<number> => ({
  word: 'int',
  fallback,
  help,
  read: readInteger,
  ...extras,
});

/** Milliseconds. */
export const durationFlag = (fallback: number, help: string, extras: FlagExtras = {}): Flag<number> => ({
  word: 'duration',
  fallback,
  help,
  read: parseGoDuration,
  ...extras,
});

/** May be given many times. */
export const listFlag = (help: string, extras: FlagExtras = {}): Flag<readonly string[]> => ({
  word: 'stringArray',
  fallback: [],
  help,
  read: (text, before) => [...before, text],
  ...extras,
});

/** The command line cannot be read; the message is the one that kubectl would print. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
}

export interface ParsedFlags<T extends FlagTable> {
  readonly values: FlagValues<T>;
  /** Names of flags that the line sets. */
  readonly given: ReadonlySet<string>;
  readonly args: readonly string[];
  /** What to tell about deprecated flags. */
  readonly warnings: readonly string[];
}

/** Throws `FlagError`. */
export function parseFlags<T extends FlagTable>(table: T, argv: readonly string[]): ParsedFlags<T> {
  const reader = new LineReader(table, argv);
  reader.read();
  const values = Object.fromEntries(
    Object.entries(table).map(([name, { fallback }]) => [
      name,
      reader.found.has(name) ? reader.found.get(name) : fallback,
    ]),
  );
  return {
    // Each value came from the reader or the fallback of its own flag.
    values: values as FlagValues<T>,
    given: new Set(reader.found.keys()),
    args: reader.args,
    warnings: reader.warnings,
  };
}

/** The flag that a letter means. */
export function byLetter(table: FlagTable, letter: string): readonly [string, Flag<unknown>] | undefined {
  return Object.entries(table).find(([, { short }]) => short === letter);
}

/** True for flags that are complete without a value. */
export const needsNoValue = (flag: Flag<unknown>): boolean => flag.word === '';

class LineReader {
  readonly found = new Map<string, unknown>();
  readonly args: string[] = [];
  readonly warnings: string[] = [];
  readonly #table: FlagTable;
  readonly #rest: string[];

  constructor(table: FlagTable, argv: readonly string[]) {
    this.#table = table;
    this.#rest = [...argv];
  }

  read(): void {
    for (let word = this.#rest.shift(); word !== undefined; word = this.#rest.shift()) {
      if (word === '--') break;
      if (word.startsWith('--')) this.#long(word);
      else if (word.startsWith('-') && word !== '-') this.#letters(word.slice(1));
      else this.args.push(word);
    }
    this.args.push(...this.#rest);
  }

  #long(word: string): void {
    const [name, value] = splitOnce(word.slice(2), '=');
    if (name === '' || name.startsWith('-')) throw new FlagError(`bad flag syntax: ${word}`);
    const flag = Object.hasOwn(this.#table, name) ? this.#table[name] : undefined;
    if (flag === undefined) throw new FlagError(`unknown flag: --${name}`);
    const text = value ?? (needsNoValue(flag) ? 'true' : this.#rest.shift());
    if (text === undefined) throw new FlagError(`flag needs an argument: --${name}`);
    this.#set(name, flag, text);
  }

  /** A row of letters: the first one that needs a value takes the rest of the row, or the next word. */
  #letters(row: string): void {
    for (let left = row; left !== '';) {
      const letter = left.slice(0, 1);
      const [name, flag] = byLetter(this.#table, letter) ?? [];
      if (name === undefined || flag === undefined)
        throw new FlagError(`unknown shorthand flag: '${letter}' in -${left}`);
      const behind = left.slice(1);
      if (behind.startsWith('=') && behind !== '=') {
        this.#set(name, flag, behind.slice(1));
        return;
      }
      if (!needsNoValue(flag)) {
        const text = behind === '' ? this.#rest.shift() : behind;
        if (text === undefined) throw new FlagError(`flag needs an argument: '${letter}' in -${left}`);
        this.#set(name, flag, text);
        return;
      }
      this.#set(name, flag, 'true');
      left = behind;
    }
  }

  #set(name: string, flag: Flag<unknown>, text: string): void {
    try {
      this.found.set(name, flag.read(text, this.found.has(name) ? this.found.get(name) : flag.fallback));
    } catch (error) {
      const shown =
        flag.short === undefined || flag.deprecated !== undefined ? `--${name}` : `-${flag.short}, --${name}`;
      const cause = error instanceof Error ? error.message : String(error);
      throw new FlagError(`invalid argument ${JSON.stringify(text)} for ${JSON.stringify(shown)} flag: ${cause}`);
    }
    if (flag.deprecated !== undefined) this.warnings.push(`Flag --${name} has been deprecated, ${flag.deprecated}`);
  }
}

function readInteger(text: string): number {
  const magnitude = /^[+-]?(\d+|0[xX][0-9a-fA-F]+)$/.test(text) ? Number(text.replace(/^[+-]/, '')) : Number.NaN;
  if (Number.isNaN(magnitude)) refuse(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  if (!Number.isSafeInteger(magnitude)) refuse(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  return text.startsWith('-') ? -magnitude : magnitude;
}

function refuse(cause: string): never {
  throw new Error(cause);
}

function splitOnce(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}
