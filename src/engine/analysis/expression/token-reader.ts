/** Walks over the tokens of a condition, and counts what is read so that reading ends. */
import type { Node } from './ast.ts';
import { fail, limits } from './expression-error.ts';
import { describeToken } from './lexer.ts';
import type { Token } from './lexer.ts';

const end: Token = { kind: 'EOF', text: '' };

export class TokenReader {
  readonly #tokens: readonly Token[];
  #at = 0;
  #nodes = 0;
  #depth = 0;
  /** Predicates around the current token: only within one there is an element to point at. */
  predicates = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get current(): Token {
    return this.#tokens[this.#at] ?? end;
  }

  get following(): Token {
    return this.#tokens[this.#at + 1] ?? end;
  }

  next(): Token {
    const token = this.current;
    this.#at += 1;
    return token;
  }

  is(kind: Token['kind'], text?: string): boolean {
    return this.current.kind === kind && (text === undefined || this.current.text === text);
  }

  /** Steps over the token if it is there. */
  accept(kind: Token['kind'], text: string): boolean {
    const found = this.is(kind, text);
    if (found) this.#at += 1;
    return found;
  }

  expect(kind: Token['kind'], text?: string): Token {
    return this.is(kind, text) ? this.next() : this.unexpected();
  }

  unexpected(): never {
    return fail(`unexpected token ${describeToken(this.current)}`);
  }

  made(node: Node): Node {
    this.#nodes += 1;
    if (this.#nodes > limits.nodes) fail('compilation failed: expression exceeds maximum allowed nodes');
    return node;
  }

  /** Reads a part one level deeper. */
  nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > limits.depth) fail(`the expression is nested deeper than ${limits.depth} levels`);
    const result = read();
    this.#depth -= 1;
    return result;
  }
}
