/** Executes the tree of a Go template with the functions it is given and nothing else. */
import { TemplateError } from './lexer.ts';
import type { Block, Node, Operand, Pipe } from './parser.ts';
import { builtins, printed, sortedKeys, type Value } from './builtins.ts';

/** What a template may call without arguments. */
export type TemplateFunctions = ReadonlyMap<string, () => Value>;

/** Far more than any query needs; a template that repeats itself must not fill the memory. */
const longestOutput = 64 * 1024;
const mostSteps = 10_000;

export function isBuiltin(name: string): boolean {
  return name === 'and' || name === 'or' || Object.hasOwn(builtins, name);
}

export function executeTemplate(nodes: readonly Node[], functions: TemplateFunctions): string {
  return new Execution(functions).run(nodes);
}

/** The data of a query template: none. */
const noData = Symbol('no data');
type Data = Value | typeof noData;

class Execution {
  readonly #functions: TemplateFunctions;
  readonly #variables: { name: string; value: Data }[] = [{ name: '$', value: noData }];
  #output = '';
  #steps = 0;

  constructor(functions: TemplateFunctions) {
    this.#functions = functions;
  }

  run(nodes: readonly Node[]): string {
    this.#walk(nodes, noData);
    return this.#output;
  }

  #walk(nodes: readonly Node[], dot: Data): void {
    for (const node of nodes) this.#visit(node, dot);
  }

  #visit(node: Node, dot: Data): void {
    if (node.do === 'text') return this.#print(node.text, 1);
    const depth = this.#variables.length;
    const value = this.#pipe(node.pipe, dot);
    if (node.do === 'print') {
      if (node.pipe.variables.length === 0) this.#print(printed(value), node.pipe.line);
      return;
    }
    if (node.do === 'range') this.#range(node, value, dot);
    else if (isTrue(value)) this.#walk(node.body, node.do === 'with' ? value : dot);
    else this.#walk(node.otherwise, dot);
    this.#variables.length = depth;
  }

  #print(text: string, line: number): void {
    this.#output += text;
    if (this.#output.length > longestOutput)
      throw new TemplateError(line, `the result is longer than ${longestOutput} characters`);
  }

  #range(node: Block, value: Value, dot: Data): void {
    if (!(value instanceof Map)) throw new TemplateError(node.pipe.line, `cannot range over ${printed(value)}`);
    if (value.size === 0) return this.#walk(node.otherwise, dot);
    const depth = this.#variables.length;
    const [first, second] = node.pipe.variables;
    for (const key of sortedKeys(value)) {
      const element = value.get(key) ?? '';
      if (first !== undefined) this.#bind(first, second === undefined ? element : key, node.pipe);
      if (second !== undefined) this.#bind(second, element, node.pipe);
      this.#walk(node.body, element);
      this.#variables.length = depth;
    }
  }

  #pipe(pipe: Pipe, dot: Data): Value {
    let value: Value | undefined;
    for (const command of pipe.commands) value = this.#command(command, value, dot, pipe.line);
    if (value === undefined) throw new TemplateError(pipe.line, 'a value is missing');
    const [name] = pipe.variables;
    // In a range the variables are bound to the elements, which comes later; until then they hold the whole.
    if (name !== undefined) this.#bind(name, value, pipe);
    return value;
  }

  #bind(name: string, value: Value, pipe: Pipe): void {
    if (pipe.declares) {
      this.#variables.push({ name, value });
      return;
    }
    const variable = this.#variables.findLast((one) => one.name === name);
    if (variable !== undefined) variable.value = value;
  }

  #command(command: readonly Operand[], piped: Value | undefined, dot: Data, line: number): Value {
    if (++this.#steps > mostSteps) throw new TemplateError(line, `the template takes more than ${mostSteps} steps`);
    const [head, ...rest] = command;
    if (head === undefined) throw new TemplateError(line, 'a value is missing');
    if (head.is === 'function') return this.#call(head.name, rest, piped, dot, line);
    if (rest.length > 0 || piped !== undefined) throw new TemplateError(line, 'only a function can be given arguments');
    return this.#operand(head, dot, line);
  }

  #call(name: string, operands: readonly Operand[], piped: Value | undefined, dot: Data, line: number): Value {
    const own = this.#functions.get(name);
    if (own !== undefined) {
      if (operands.length > 0 || piped !== undefined)
        throw new TemplateError(line, `function "${name}" takes no arguments`);
      return own();
    }
    if (name === 'and' || name === 'or') return this.#shortCut(name, operands, piped, dot, line);
    const values = operands.map((operand) => this.#operand(operand, dot, line));
    if (piped !== undefined) values.push(piped);
    const builtin = Object.hasOwn(builtins, name) ? builtins[name] : undefined;
    if (builtin === undefined) throw new TemplateError(line, `function "${name}" not defined`);
    return builtin(values, line);
  }

  /** The first argument that decides, else the last; what comes after it is not looked at. */
  #shortCut(
    name: 'and' | 'or',
    operands: readonly Operand[],
    piped: Value | undefined,
    dot: Data,
    line: number,
  ): Value {
    let value = piped;
    for (const [index, operand] of operands.entries()) {
      value = this.#operand(operand, dot, line);
      const last = index === operands.length - 1;
      if (isTrue(value) === (name === 'or')) return value;
      if (last && piped !== undefined) value = piped;
    }
    if (value === undefined) throw new TemplateError(line, `"${name}" needs an argument`);
    return value;
  }

  #operand(operand: Operand, dot: Data, line: number): Value {
    switch (operand.is) {
      case 'literal':
        return operand.value;
      case 'dot':
        return present(dot, line);
      case 'variable':
        return present(this.#variables.findLast((one) => one.name === operand.name)?.value ?? noData, line);
      case 'function':
        return this.#call(operand.name, [], undefined, dot, line);
      case 'pipe':
        return this.#pipe(operand.pipe, dot);
      case 'field':
        break;
    }
    return fieldOf(this.#operand(operand.of, dot, line), operand.name, line);
  }
}

function present(value: Data, line: number): Value {
  if (typeof value === 'symbol')
    throw new TemplateError(line, 'a query template has no data: use a function like namespace or target');
  return value;
}

function fieldOf(value: Value, name: string, line: number): Value {
  if (!(value instanceof Map)) throw new TemplateError(line, `cannot look up "${name}" in ${printed(value)}`);
  const found = value.get(name);
  if (found !== undefined) return found;
  const known = value.size === 0 ? 'none are set' : `set are ${sortedKeys(value).join(', ')}`;
  throw new TemplateError(line, `map has no entry for key "${name}": ${known}`);
}

export function isTrue(value: Value): boolean {
  return value instanceof Map ? value.size > 0 : value !== '' && value !== 0 && value !== false;
}
