/** Turns the segments of a Go template into a tree, refusing unknown functions and undeclared variables as Go does. */
import { segmentsOf, TemplateError, type Segment, type Token } from './lexer.ts';

export type Node =
  | { readonly do: 'text'; readonly text: string }
  | { readonly do: 'print'; readonly pipe: Pipe }
  | Block;

/** A pipeline that decides whether, and how often, the body is executed. */
export interface Block {
  readonly do: 'if' | 'with' | 'range';
  readonly pipe: Pipe;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}

export interface Pipe {
  readonly line: number;
  /** `$x := …` declares, `$x = …` assigns; `range` may name two. */
  readonly variables: readonly string[];
  readonly declares: boolean;
  /** At least one; the result of each is the last argument of the next. */
  readonly commands: readonly (readonly Operand[])[];
}

export type Operand =
  | { readonly is: 'literal'; readonly value: string | number | boolean }
  | { readonly is: 'dot' }
  | { readonly is: 'variable'; readonly name: string }
  | { readonly is: 'function'; readonly name: string }
  | { readonly is: 'field'; readonly of: Operand; readonly name: string }
  | { readonly is: 'pipe'; readonly pipe: Pipe };

/** A template within a template deeper than this was not written by a person. */
const deepest = 50;

export function parseTemplate(template: string, isFunction: (name: string) => boolean): Node[] {
  const parser = new Parser(segmentsOf(template), isFunction);
  return parser.template();
}

type Action = Segment & { readonly kind: 'action' };

class Parser {
  readonly #segments: readonly Segment[];
  readonly #isFunction: (name: string) => boolean;
  #next = 0;
  /** Names in scope, innermost last; `$` is the data of the template. */
  #variables: string[] = ['$'];
  #depth = 0;

  constructor(segments: readonly Segment[], isFunction: (name: string) => boolean) {
    this.#segments = segments;
    this.#isFunction = isFunction;
  }

  template(): Node[] {
    const { nodes, end } = this.#block();
    if (end !== undefined) throw new TemplateError(end.line, `unexpected {{${keywordOf(end)}}}`);
    return nodes;
  }

  /** Nodes up to an `else`, an `end` or the end of the template. */
  #block(): { nodes: Node[]; end: Action | undefined } {
    const nodes: Node[] = [];
    for (let segment = this.#take(); segment !== undefined; segment = this.#take()) {
      if (segment.kind === 'text') {
        nodes.push({ do: 'text', text: segment.text });
        continue;
      }
      const keyword = keywordOf(segment);
      if (keyword === 'end' || keyword === 'else') return { nodes, end: segment };
      nodes.push(this.#action(segment, keyword));
    }
    return { nodes, end: undefined };
  }

  #take(): Segment | undefined {
    return this.#segments[this.#next++];
  }

  #action(action: Action, keyword: string): Node {
    if (keyword === 'if' || keyword === 'with' || keyword === 'range') return this.#control(action, keyword, 1);
    if (unsupported.has(keyword)) throw new TemplateError(action.line, `"${keyword}" cannot be used in a query`);
    return { do: 'print', pipe: this.#wholePipe(action, 0) };
  }

  /** `skip` is the number of tokens before the pipeline: `if …` or `else if …`. */
  #control(action: Action, keyword: 'if' | 'with' | 'range', skip: number): Node {
    if (++this.#depth > deepest) throw new TemplateError(action.line, `blocks are nested more than ${deepest} deep`);
    const outer = [...this.#variables];
    const pipe = this.#wholePipe(action, skip, keyword === 'range');
    const { nodes: body, end } = this.#block();
    let otherwise: Node[] = [];
    if (end === undefined) throw new TemplateError(action.line, `{{${keyword}}} has no {{end}}`);
    if (keywordOf(end) === 'else') otherwise = this.#otherwise(end, action, keyword);
    this.#variables = outer;
    this.#depth--;
    return { do: keyword, pipe, body, otherwise };
  }

  #otherwise(start: Action, action: Action, keyword: string): Node[] {
    const second = start.tokens[1]?.text;
    if (second === 'if' || second === 'with') return [this.#control(start, second, 2)];
    if (second !== undefined) throw new TemplateError(start.line, `unexpected "${second}" after {{else`);
    const { nodes, end } = this.#block();
    if (end === undefined) throw new TemplateError(action.line, `{{${keyword}}} has no {{end}}`);
    if (keywordOf(end) === 'else') throw new TemplateError(end.line, `{{${keyword}}} has a second {{else}}`);
    return nodes;
  }

  #wholePipe(action: Action, skip: number, inRange = false): Pipe {
    const cursor = new Cursor(action, skip);
    const pipe = this.#pipe(cursor, inRange);
    const rest = cursor.peek();
    if (rest !== undefined) throw cursor.unexpected(rest);
    return pipe;
  }

  #pipe(cursor: Cursor, inRange: boolean): Pipe {
    const { names, declares } = cursor.assignment(inRange);
    const commands: Operand[][] = [];
    do commands.push(this.#command(cursor));
    while (cursor.takeIf('|'));
    for (const name of names) {
      if (declares) this.#variables.push(name);
      else this.#known(name, cursor.line);
    }
    return { line: cursor.line, variables: names, declares, commands };
  }

  #command(cursor: Cursor): Operand[] {
    const operands: Operand[] = [];
    for (
      let token = cursor.peek();
      token !== undefined && token.text !== '|' && token.text !== ')';
      token = cursor.peek()
    ) {
      operands.push(this.#operand(cursor));
    }
    if (operands.length === 0) throw new TemplateError(cursor.line, 'a value is missing');
    return operands;
  }

  #operand(cursor: Cursor): Operand {
    let operand = this.#term(cursor);
    // `variables.direction` goes together, `variables .direction` does not.
    for (let token = cursor.peek(); token?.kind === 'field' && !cursor.afterBlank(); token = cursor.peek()) {
      cursor.take();
      operand = { is: 'field', of: operand, name: token.text.slice(1) };
    }
    return operand;
  }

  #term(cursor: Cursor): Operand {
    const token = cursor.take();
    if (token === undefined) throw new TemplateError(cursor.line, 'a value is missing');
    if (token.kind === 'string' || token.kind === 'number') return { is: 'literal', value: token.value };
    if (token.kind === 'variable') {
      this.#known(token.text, cursor.line);
      return { is: 'variable', name: token.text };
    }
    if (token.kind === 'field') return { is: 'field', of: { is: 'dot' }, name: token.text.slice(1) };
    if (token.kind === 'name') return this.#named(token.text, cursor.line);
    if (token.text === '.') return { is: 'dot' };
    if (token.text !== '(') throw cursor.unexpected(token);
    if (++this.#depth > deepest)
      throw new TemplateError(cursor.line, `parentheses are nested more than ${deepest} deep`);
    const pipe = this.#pipe(cursor, false);
    this.#depth--;
    if (!cursor.takeIf(')')) throw new TemplateError(cursor.line, '")" is missing');
    return { is: 'pipe', pipe };
  }

  #named(name: string, line: number): Operand {
    if (name === 'true' || name === 'false') return { is: 'literal', value: name === 'true' };
    if (!this.#isFunction(name)) throw new TemplateError(line, `function "${name}" not defined`);
    return { is: 'function', name };
  }

  #known(name: string, line: number): void {
    if (!this.#variables.includes(name)) throw new TemplateError(line, `undefined variable "${name}"`);
  }
}

const unsupported = new Set(['define', 'block', 'template', 'break', 'continue']);

function keywordOf(action: Action): string {
  const [first] = action.tokens;
  return first?.kind === 'name' ? first.text : '';
}

/** Walks the tokens of one action. */
class Cursor {
  readonly line: number;
  readonly #action: Action;
  #next: number;

  constructor(action: Action, start: number) {
    this.line = action.line;
    this.#action = action;
    this.#next = start;
  }

  peek(ahead = 0): Token | undefined {
    return this.#action.tokens[this.#next + ahead];
  }

  take(): Token | undefined {
    return this.#action.tokens[this.#next++];
  }

  takeIf(operator: string): boolean {
    const token = this.peek();
    const found = token?.kind === 'operator' && token.text === operator;
    if (found) this.#next++;
    return found;
  }

  /** Whether a blank stands before the token that comes next. */
  afterBlank(): boolean {
    return this.#action.afterBlank[this.#next] ?? true;
  }

  /** The names before `:=` or `=`, if this is an assignment. */
  assignment(two: boolean): { names: string[]; declares: boolean } {
    const names: string[] = [];
    const pair = two && this.peek(1)?.text === ',' ? 2 : 0;
    const sign = this.peek(pair + 1);
    if (this.peek()?.kind !== 'variable' || sign?.kind !== 'operator' || !/^:?=$/.test(sign.text)) {
      return { names, declares: false };
    }
    for (let index = 0; index <= pair; index += 2) {
      const token = this.peek(index);
      if (token?.kind !== 'variable') throw new TemplateError(this.line, 'range can only name variables');
      names.push(token.text);
    }
    this.#next += pair + 2;
    return { names, declares: sign.text === ':=' };
  }

  unexpected(token: Token): TemplateError {
    return new TemplateError(this.line, `unexpected "${token.text}"`);
  }
}
