/** Finds what a JSONPath names in JSON data, with the errors of kubectl. */
import { compare } from './comparison.ts';
import { JsonPathError, type JsonPath, type Node, type Path, type Slice } from './nodes.ts';

/** Values that may be looked at; a few descents after another would else take as long as they like. */
const mostSteps = 1_000_000;

/** What each path and text has found, in order. Throws `JsonPathError`. */
export function findAll(jsonPath: JsonPath, data: unknown): readonly (readonly unknown[])[] {
  return new Search(jsonPath).block(0, data, 0).found;
}

interface Block {
  readonly found: (readonly unknown[])[];
  /** Where the text goes on behind it. */
  readonly next: number;
}

class Search {
  readonly #paths: JsonPath;
  #steps = 0;

  constructor(paths: JsonPath) {
    this.#paths = paths;
  }

  /** From one path up to the `end` of its range. */
  block(start: number, data: unknown, ranges: number): Block {
    const found: (readonly unknown[])[] = [];
    let at = start;
    for (let path = this.#paths[at]; path !== undefined; path = this.#paths[at]) {
      at++;
      if (endsRange(path)) {
        if (ranges === 0) throw new JsonPathError('not in range, nothing to end');
        return { found, next: at };
      }
      const values = this.#list(path, [data]);
      if (!beginsRange(path)) {
        found.push(values);
        continue;
      }
      for (const value of values) found.push(...this.block(at, value, ranges + 1).found);
      at = this.#behindRange(at);
    }
    return { found, next: at };
  }

  #behindRange(start: number): number {
    let open = 1;
    for (let at = start; at < this.#paths.length; at++) {
      const path = this.#paths[at] ?? [];
      if (beginsRange(path)) open++;
      if (endsRange(path)) open--;
      if (open === 0) return at + 1;
    }
    return this.#paths.length;
  }

  #list(path: Path, input: readonly unknown[]): readonly unknown[] {
    let values = input;
    for (const node of path) values = this.#node(node, values);
    return values;
  }

  #node(node: Node, input: readonly unknown[]): readonly unknown[] {
    this.#count(input.length + 1);
    switch (node.is) {
      case 'text':
        return [node.text];
      case 'literal':
        return input.map(() => node.value);
      case 'field':
        return fields(node.name, input);
      case 'slice':
        return slices(node, input);
      case 'filter':
        return input.flatMap((value) => this.#filtered(node, value));
      case 'wildcard':
        return input.flatMap(childrenOf);
      case 'descent':
        return input.flatMap((value) => this.#descended(value));
      case 'union':
        return node.branches.flatMap((branch) => this.#list(branch, input));
      case 'word':
        if (node.name === 'range') return input;
        throw new JsonPathError(`unrecognized identifier ${node.name}`);
    }
  }

  /** The value and everything below it that has something in it, from the top. */
  #descended(top: unknown): readonly unknown[] {
    const found: unknown[] = [];
    const waiting = [top];
    for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
      const children = childrenOf(value);
      this.#count(children.length + 1);
      if (children.length === 0) continue;
      found.push(value);
      waiting.push(...children.toReversed());
    }
    return found;
  }

  #filtered({ left, operator, right }: Node & { is: 'filter' }, value: unknown): readonly unknown[] {
    if (!Array.isArray(value)) throw new JsonPathError(`${goText(value)} is not array or slice and cannot be filtered`);
    const items: readonly unknown[] = value;
    if (operator === 'exists') return items.filter((item) => this.#exists(left, item));
    return items.filter((item) => {
      const one = onlyOf(this.#list(left, [item]));
      const other = onlyOf(this.#list(right, [item]));
      return one !== undefined && other !== undefined && compare(operator, one, other);
    });
  }

  #exists(path: Path, item: unknown): boolean {
    try {
      return this.#list(path, [item]).length > 0;
    } catch (error) {
      if (!(error instanceof JsonPathError) || this.#steps > mostSteps) throw error;
      return false;
    }
  }

  #count(steps: number): void {
    this.#steps += steps;
    if (this.#steps > mostSteps) throw new JsonPathError(`the path looks at more than ${mostSteps} values`);
  }
}

const hasWord = (path: Path, name: string): boolean => path.some((node) => node.is === 'word' && node.name === name);
const beginsRange = (path: Path): boolean => hasWord(path, 'range');
const endsRange = (path: Path): boolean => hasWord(path, 'end');

/** `undefined` is no JSON, so it can stand for none. */
function onlyOf(values: readonly unknown[]): unknown {
  if (values.length > 1) throw new JsonPathError('can only compare one element at a time');
  return values[0];
}

function childrenOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fields(name: string, input: readonly unknown[]): readonly unknown[] {
  const found = input.flatMap((value) => (isObject(value) && Object.hasOwn(value, name) ? [value[name]] : []));
  if (found.length === 0 && input.length > 0) throw new JsonPathError(`${name} is not found`);
  return found;
}

function slices(slice: Slice, input: readonly unknown[]): readonly unknown[] {
  const found: unknown[] = [];
  for (const value of input) {
    if (value === null) continue;
    if (!Array.isArray(value)) throw new JsonPathError(`${goType(value)} is not array or slice`);
    const { from, to } = boundsOf(slice, value.length);
    // As in the original, nothing wanted of one list ends the search.
    if (from === to) return found;
    const { step = 1 } = slice;
    if (step <= 0) throw new JsonPathError('step must be > 0');
    for (let at = from; at < to; at += step) found.push(value[at]);
  }
  return found;
}

function boundsOf({ from = 0, to, isIndex }: Slice, length: number): { readonly from: number; readonly to: number } {
  const first = from < 0 ? from + length : from;
  const wanted = to ?? length;
  const last = wanted < 0 || (wanted === 0 && isIndex) ? wanted + length : wanted;
  if (first === last) return { from: first, to: last };
  const outOfBounds = (index: number): JsonPathError =>
    new JsonPathError(`array index out of bounds: index ${index}, length ${length}`);
  if (first >= length || first < 0) throw outOfBounds(first);
  if (last > length || last < 0) throw outOfBounds(last - 1);
  if (first > last) throw new JsonPathError(`starting index ${first} is greater than ending index ${last}`);
  return { from: first, to: last };
}

/** Go's `%v`, less the members of a map: there may be many. */
function goText(value: unknown): string {
  if (value === null) return '<nil>';
  return typeof value === 'string' ? value : typeof value === 'object' ? 'map[…]' : JSON.stringify(value);
}

function goType(value: unknown): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return 'float64';
  return typeof value === 'boolean' ? 'bool' : 'map[string]interface {}';
}
