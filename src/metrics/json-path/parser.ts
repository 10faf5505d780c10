/** Parses the JSONPath of kubectl: `{.items[*].value}`, with texts outside of braces. */
import { goEscapes } from '../go-escapes.ts';
import { JsonPathError, type JsonPath, type Node, type Path, type Slice } from './nodes.ts';

/** Longer paths are nobody's. */
const longest = 10_000;
const deepest = 50;

/** Throws `JsonPathError`. */
export function parseJsonPath(text: string): JsonPath {
  if (text.length > longest) throw new JsonPathError(`the path is longer than ${longest} characters`);
  const paths: Path[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('{', at);
    const end = open === -1 ? text.length : open;
    if (end > at) paths.push([{ is: 'text', text: text.slice(at, end) }]);
    if (open === -1) break;
    const { path, next } = new ActionReader(text, open + 1, 0).read();
    paths.push(path);
    at = next;
  }
  return paths;
}

/** What stands within braces, as a text of its own. */
function parseAction(text: string, depth: number): Path {
  if (depth > deepest) throw new JsonPathError(`the path is nested deeper than ${deepest} levels`);
  return new ActionReader(`${text}}`, 0, depth).read().path;
}

const keyPattern = /^'([^']*)'$/;
const slicePattern = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/;
const comparisonPattern = /^([^!<>=]+)([!<>=~]+)(.+)$/s;

class ActionReader {
  readonly #text: string;
  readonly #depth: number;
  readonly #nodes: Node[] = [];
  #at: number;

  constructor(text: string, start: number, depth: number) {
    this.#text = text;
    this.#at = start;
    this.#depth = depth;
  }

  read(): { readonly path: Path; readonly next: number } {
    while (!this.#takes('}')) this.#readNode();
    return { path: this.#nodes, next: this.#at };
  }

  #readNode(): void {
    const next = this.#text[this.#at];
    if (next === undefined || next === '\n' || next === '\r') throw new JsonPathError('unclosed action');
    if (this.#takes('[?(')) return this.#readFilter();
    if (this.#takes('..')) return this.#readDescent();
    if (this.#takes('.')) return this.#readField();
    if (this.#takes('[')) return this.#readBrackets();
    if (next === '"' || next === "'") return this.#readQuoted(next);
    if (/[+\-\d]/.test(next)) return this.#readNumber();
    if (/[\p{L}\p{Nd}_]/u.test(next)) return this.#readWord();
    // A space, or the current object, from which everything starts anyway.
    if (' @$'.includes(next)) this.#at++;
    else throw new JsonPathError(`unrecognized character in action: ${unicodeName(next)}`);
  }

  #takes(text: string): boolean {
    const found = this.#text.startsWith(text, this.#at);
    if (found) this.#at += text.length;
    return found;
  }

  #takeMatch(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found = ''] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }

  #readDescent(): void {
    if (this.#nodes.at(-1)?.is === 'descent') throw new JsonPathError('invalid multiple recursive descent');
    this.#nodes.push({ is: 'descent' });
    if (/^[\p{L}\p{Nd}_]/u.test(this.#text.slice(this.#at, this.#at + 2))) this.#readField();
  }

  #readField(): void {
    const name = this.#takeMatch(/(?:\\.|[^\\\s.,[\]$@{}])*/suy);
    this.#nodes.push(name === '*' ? { is: 'wildcard' } : { is: 'field', name: name.replaceAll('\\', '') });
    // A backslash at the very end escapes nothing.
    if (this.#text[this.#at] === '\\') this.#at++;
  }

  #readWord(): void {
    const name = this.#takeMatch(/[^\s.,[\]$@{}]*/uy);
    this.#nodes.push(
      name === 'true' || name === 'false' ? { is: 'literal', value: name === 'true' } : { is: 'word', name },
    );
  }

  #readNumber(): void {
    const text = this.#takeMatch(/[+-]?[\d.]*/y);
    const value = /\d/.test(text) ? Number(text) : Number.NaN;
    if (Number.isNaN(value)) throw new JsonPathError(`cannot parse number ${text}`);
    this.#nodes.push({ is: 'literal', value });
  }

  #readQuoted(quote: string): void {
    const pattern = quote === '"' ? /"(?:\\.|[^\\"\n])*"/y : /'(?:\\.|[^\\'\n])*'/y;
    const quoted = this.#takeMatch(pattern);
    if (quoted === '') throw new JsonPathError('unterminated quoted string');
    this.#nodes.push({ is: 'text', text: unquoted(quoted) });
  }

  #readBrackets(): void {
    const inside = this.#takeMatch(/[^\]\n]*/y);
    if (!this.#takes(']')) throw new JsonPathError('unterminated array');
    this.#nodes.push(...this.#bracketNodes(inside));
  }

  #bracketNodes(inside: string): Path {
    const branches = inside.split(',');
    if (branches.length > 1)
      return [{ is: 'union', branches: branches.map((one) => parseAction(`[${one.trim()}]`, this.#depth + 1)) }];
    const key = keyPattern.exec(inside)?.[1];
    // As in the original, dots in a key separate fields unless they are escaped.
    return key === undefined ? [sliceOf(inside)] : parseAction(`.${key}`, this.#depth + 1);
  }

  #readFilter(): void {
    const inside = this.#takeMatch(/(?:"(?:\\.|[^\\"\n])*"|'(?:\\.|[^\\'\n])*'|[^"')\n])*/y);
    if (!this.#takes(')')) throw new JsonPathError('unterminated filter');
    if (!this.#takes(']')) throw new JsonPathError('unclosed array expect ]');
    const [, left, operator = '', right = ''] = comparisonPattern.exec(inside) ?? [];
    const inner = (text: string): Path => parseAction(text, this.#depth + 1);
    this.#nodes.push(
      left === undefined
        ? { is: 'filter', left: inner(inside), operator: 'exists', right: [] }
        : { is: 'filter', left: inner(left), operator, right: inner(right) },
    );
  }
}

function sliceOf(inside: string): Slice {
  const parts = slicePattern.exec(inside === '*' ? ':' : inside);
  if (parts === null) throw new JsonPathError(`invalid array index ${inside}`);
  const [, first = '', second, third] = parts;
  const from = integer(first);
  const isIndex = second === undefined;
  const step = integer(third?.slice(1) ?? '');
  return { is: 'slice', from, to: isIndex ? (from ?? 0) + 1 : integer(second.slice(1)), isIndex, step };
}

function integer(text: string): number | undefined {
  if (text === '') return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new JsonPathError(`array index ${text} is not a number`);
  return value;
}

function unquoted(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replace(/\\(?:x([\da-f]{2})|u([\da-f]{4})|(.))/gis, (_, short?: string, long?: string, one = '') => {
      const code = short ?? long;
      if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
      const named = goEscapes[one];
      if (named === undefined) throw new JsonPathError(`unquote string ${quoted} error invalid syntax`);
      return named;
    });
}

function unicodeName(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `U+${code} '${character}'`;
}
