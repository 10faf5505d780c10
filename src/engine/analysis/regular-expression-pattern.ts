/** Reads a regular expression in RE2's syntax. */

/** Whether one character (a code point) fits; there is none (`''`) at the end of the text. */
export type CharacterTest = (character: string) => boolean;

export type Pattern =
  | { readonly kind: 'empty' }
  | { readonly kind: 'character'; readonly test: CharacterTest }
  | { readonly kind: 'assertion'; readonly holds: (before: string, after: string) => boolean }
  | { readonly kind: 'sequence'; readonly items: readonly Pattern[] }
  | { readonly kind: 'choice'; readonly items: readonly Pattern[] }
  | { readonly kind: 'repeat'; readonly item: Pattern; readonly min: number; readonly max?: number };

export type ParsedPattern =
  | { readonly ok: true; readonly pattern: Pattern }
  | { readonly ok: false; readonly message: string };

class PatternError extends Error {
  override readonly name = 'PatternError';
}

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
}

interface Source {
  readonly text: string;
  at: number;
  depth: number;
}

/** Go's limits. */
const maxDepth = 200;
const maxRepeat = 1000;

export function parsePattern(text: string): ParsedPattern {
  const source: Source = { text, at: 0, depth: 0 };
  try {
    const pattern = parseChoice(source, { i: false, m: false, s: false });
    if (source.at < text.length) refuse('unexpected )', text);
    return { ok: true, pattern };
  } catch (error) {
    if (error instanceof PatternError) return { ok: false, message: error.message };
    throw error;
  }
}

function refuse(what: string, part: string): never {
  throw new PatternError(`${what}: \`${part}\``);
}

function parseChoice(source: Source, outer: Flags): Pattern {
  source.depth += 1;
  if (source.depth > maxDepth) refuse('expression nests too deeply', source.text);
  const choices: Pattern[] = [];
  let flags = outer;
  for (;;) {
    const items: Pattern[] = [];
    while (source.at < source.text.length && !'|)'.includes(source.text[source.at] ?? '')) {
      const changed = flagGroup(source, flags);
      if (changed === undefined) items.push(parseRepeated(source, flags));
      else flags = changed;
    }
    choices.push({ kind: 'sequence', items });
    if (source.text[source.at] !== '|') break;
    source.at += 1;
  }
  source.depth -= 1;
  return { kind: 'choice', items: choices };
}

/** `(?i)` changes what follows it; `undefined` when there is none. */
function flagGroup(source: Source, flags: Flags): Flags | undefined {
  const found = matchAt(/\(\?([imsU]*)(?:-([imsU]+))?\)/y, source);
  if (found === undefined) return undefined;
  if (found[0] === '(?)') refuse('missing argument to repetition operator', '?');
  source.at += found[0].length;
  return changedBy(flags, found[1] ?? '', found[2] ?? '');
}

function changedBy(flags: Flags, on: string, off: string): Flags {
  const has = (name: 'i' | 'm' | 's'): boolean => (flags[name] || on.includes(name)) && !off.includes(name);
  return { i: has('i'), m: has('m'), s: has('s') };
}

const repetition = /(?:([*+?])|\{(\d+)(,)?(\d*)\})(\??)/y;

function parseRepeated(source: Source, flags: Flags): Pattern {
  const start = matchAt(repetition, source);
  if (start !== undefined) refuse('missing argument to repetition operator', start[0].replace(/\?$/, '') || '?');
  const item = parseAtom(source, flags);
  const found = matchAt(repetition, source);
  if (found === undefined) return item;
  source.at += found[0].length;
  const again = matchAt(repetition, source);
  if (again !== undefined) refuse('invalid nested repetition operator', found[0] + again[0]);
  const [min, max] = boundsOf(found);
  if (min > maxRepeat || (max ?? 0) > maxRepeat || (max !== undefined && max < min)) {
    refuse('invalid repeat count', found[0]);
  }
  return { kind: 'repeat', item, min, ...(max === undefined ? {} : { max }) };
}

function boundsOf([, sign, from, comma, to]: RegExpExecArray): [number, number | undefined] {
  if (sign === '*') return [0, undefined];
  if (sign === '+') return [1, undefined];
  if (sign === '?') return [0, 1];
  const min = Number(from);
  if (comma === undefined) return [min, min];
  return [min, to === undefined || to === '' ? undefined : Number(to)];
}

function parseAtom(source: Source, flags: Flags): Pattern {
  const character = String.fromCodePoint(source.text.codePointAt(source.at) ?? 0);
  switch (character) {
    case '(':
      return parseGroup(source, flags);
    case '[':
      return { kind: 'character', test: folded(parseClass(source), flags) };
    case '\\':
      return parseEscape(source, flags);
    case '.':
      source.at += 1;
      return { kind: 'character', test: (one) => one !== '' && (flags.s || one !== '\n') };
    case '^':
      source.at += 1;
      return { kind: 'assertion', holds: (before) => before === '' || (flags.m && before === '\n') };
    case '$':
      source.at += 1;
      return { kind: 'assertion', holds: (_before, after) => after === '' || (flags.m && after === '\n') };
    default:
      source.at += character.length;
      return literal(character, flags);
  }
}

function literal(character: string, flags: Flags): Pattern {
  return { kind: 'character', test: folded((one) => one === character, flags) };
}

/** Without regard to case, if so wished. */
function folded(test: CharacterTest, flags: Flags): CharacterTest {
  if (!flags.i) return (one) => one !== '' && test(one);
  return (one) => one !== '' && (test(one) || test(one.toLowerCase()) || test(one.toUpperCase()));
}

function parseGroup(source: Source, flags: Flags): Pattern {
  const opening = matchAt(/\((?:\?(?:P?<([A-Za-z_]\w*)>|([imsU]*)(?:-([imsU]+))?:))?/y, source) ?? ['('];
  if (opening[0] === '(' && source.text[source.at + 1] === '?') {
    refuse('invalid or unsupported Perl syntax', source.text.slice(source.at, source.at + 3));
  }
  source.at += opening[0].length;
  const inner = parseChoice(source, changedBy(flags, opening[2] ?? '', opening[3] ?? ''));
  if (source.text[source.at] !== ')') refuse('missing closing )', source.text);
  source.at += 1;
  return inner;
}

const isWord = (one: string): boolean => /^\w$/.test(one);

function parseEscape(source: Source, flags: Flags): Pattern {
  const quoted = matchAt(/\\Q([^]*?)(?:\\E|$)/y, source);
  if (quoted !== undefined) {
    source.at += quoted[0].length;
    return { kind: 'sequence', items: Array.from(quoted[1] ?? '', (one) => literal(one, flags)) };
  }
  const letter = source.text[source.at + 1] ?? '';
  const assertion = Object.hasOwn(assertions, letter) ? assertions[letter] : undefined;
  if (assertion !== undefined) {
    source.at += 2;
    return { kind: 'assertion', holds: assertion };
  }
  return { kind: 'character', test: folded(escapedTest(source), flags) };
}

const assertions: Readonly<Record<string, (before: string, after: string) => boolean>> = {
  A: (before) => before === '',
  z: (_before, after) => after === '',
  b: (before, after) => isWord(before) !== isWord(after),
  B: (before, after) => isWord(before) === isWord(after),
};

const perlClasses: Readonly<Record<string, RegExp>> = {
  d: /^[0-9]$/,
  D: /^[^0-9]$/u,
  s: /^[\t\n\f\r ]$/,
  S: /^[^\t\n\f\r ]$/u,
  w: /^[0-9A-Za-z_]$/,
  W: /^[^0-9A-Za-z_]$/u,
};

/** An escape that stands for characters, also within a class. */
function escapedTest(source: Source): CharacterTest {
  const property = matchAt(/\\([pP])(?:\{(\^?)([A-Za-z_]+)\}|([A-Za-z]))/y, source);
  if (property !== undefined) {
    source.at += property[0].length;
    return propertyTest(property[0], property[3] ?? property[4] ?? '', (property[1] === 'P') !== (property[2] === '^'));
  }
  const perl = perlClasses[source.text[source.at + 1] ?? ''];
  if (perl !== undefined) {
    source.at += 2;
    return (one) => perl.test(one);
  }
  const character = escapedCharacter(source);
  return (one) => one === character;
}

function propertyTest(written: string, name: string, negated: boolean): CharacterTest {
  for (const expression of [`^\\p{${name}}$`, `^\\p{Script=${name}}$`]) {
    try {
      const pattern = new RegExp(expression, 'u');
      return (one) => pattern.test(one) !== negated;
    } catch {
      // Not a general category: perhaps a script.
    }
  }
  return refuse('invalid character class range', written);
}

const controls: Readonly<Record<string, string>> = { a: '\x07', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

function escapedCharacter(source: Source): string {
  const found = matchAt(/\\(?:x\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|([1-7][0-7]{2}|0[0-7]{0,2})|([^]))/uy, source);
  if (found === undefined) return refuse('trailing backslash at end of expression', '');
  source.at += found[0].length;
  const [whole, braced, hex, octal, plain = ''] = found;
  const code = octal === undefined ? Number.parseInt(braced ?? hex ?? '', 16) : Number.parseInt(octal, 8);
  if (code > 0x10ffff) refuse('invalid escape sequence', whole);
  if (Number.isFinite(code)) return String.fromCodePoint(code);
  if (Object.hasOwn(controls, plain)) return controls[plain] ?? plain;
  return /^[0-9A-Za-z]$/.test(plain) ? refuse('invalid escape sequence', whole) : plain;
}

const posixClasses: Readonly<Record<string, RegExp>> = {
  alnum: /^[0-9A-Za-z]$/,
  alpha: /^[A-Za-z]$/,
  ascii: /^\p{ASCII}$/u,
  blank: /^[\t ]$/,
  cntrl: /^\p{Cc}$/u,
  digit: /^[0-9]$/,
  graph: /^[!-~]$/,
  lower: /^[a-z]$/,
  print: /^[ -~]$/,
  punct: /^[!-/:-@[-`{-~]$/,
  space: /^[\t\n\v\f\r ]$/,
  upper: /^[A-Z]$/,
  word: /^[0-9A-Za-z_]$/,
  xdigit: /^[0-9A-Fa-f]$/,
};

function parseClass(source: Source): CharacterTest {
  const start = source.at;
  source.at += 1;
  const isNegated = source.text[source.at] === '^';
  if (isNegated) source.at += 1;
  const tests: CharacterTest[] = [];
  for (let first = true; first || source.text[source.at] !== ']'; first = false) {
    if (source.at >= source.text.length) refuse('missing closing ]', source.text.slice(start));
    tests.push(classItem(source));
  }
  source.at += 1;
  return (one) => tests.some((test) => test(one)) !== isNegated;
}

function classItem(source: Source): CharacterTest {
  const posix = matchAt(/\[:(\^?)(\w+):\]/y, source);
  if (posix !== undefined) {
    const pattern = posixClasses[posix[2] ?? ''] ?? refuse('invalid character class range', posix[0]);
    source.at += posix[0].length;
    return (one) => pattern.test(one) !== (posix[1] === '^');
  }
  if (source.text[source.at] === '\\' && /^\\[dDsSwWpP]/.test(source.text.slice(source.at, source.at + 2))) {
    return escapedTest(source);
  }
  const start = source.at;
  const low = classCharacter(source);
  if (source.text[source.at] !== '-' || source.text[source.at + 1] === ']' || source.at + 1 >= source.text.length) {
    return (one) => one === low;
  }
  source.at += 1;
  const [from, to] = [codeOf(low), codeOf(classCharacter(source))];
  if (to < from) refuse('invalid character class range', source.text.slice(start, source.at));
  return (one) => codeOf(one) >= from && codeOf(one) <= to;
}

const codeOf = (character: string): number => character.codePointAt(0) ?? -1;

function classCharacter(source: Source): string {
  if (source.text[source.at] === '\\') return escapedCharacter(source);
  const character = String.fromCodePoint(source.text.codePointAt(source.at) ?? 0);
  source.at += character.length;
  return character;
}

function matchAt(pattern: RegExp, source: Source): RegExpExecArray | undefined {
  pattern.lastIndex = source.at;
  return pattern.exec(source.text) ?? undefined;
}
