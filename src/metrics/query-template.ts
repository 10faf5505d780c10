/** Renders the query of a metric: the part of Go's template language that queries are written in. */
import type { QueryInputs } from './builtin-queries.ts';
import type { Value } from './go-template/builtins.ts';
import { executeTemplate, isBuiltin, type TemplateFunctions } from './go-template/evaluate.ts';
import { TemplateError } from './go-template/lexer.ts';
import { parseTemplate, type Node } from './go-template/parser.ts';

export type RenderedQuery =
  | { readonly ok: true; readonly query: string }
  | { readonly ok: false; readonly message: string };

/** The names that a query can use beside Go's own functions. */
const inputNames = ['name', 'namespace', 'target', 'service', 'ingress', 'route', 'interval'] as const;
const functionNames: ReadonlySet<string> = new Set([...inputNames, 'variables']);

export function renderQuery(template: string, inputs: QueryInputs): RenderedQuery {
  const parsed = parsedQuery(template);
  if (!parsed.ok) return parsed;
  return attempt('template execution failed', () => executeTemplate(parsed.nodes, functionsOf(inputs)));
}

/** Why this text can never be rendered, whatever the inputs; `undefined` when it can. */
export function queryTemplateProblem(template: string): string | undefined {
  const parsed = parsedQuery(template);
  return parsed.ok ? undefined : parsed.message;
}

function parsedQuery(template: string): { ok: true; nodes: Node[] } | { ok: false; message: string } {
  let nodes: Node[] = [];
  const result = attempt('template parsing failed', () => {
    nodes = parseTemplate(template, (name) => functionNames.has(name) || isBuiltin(name));
    return '';
  });
  return result.ok ? { ok: true, nodes } : result;
}

function attempt(what: string, run: () => string): RenderedQuery {
  try {
    return { ok: true, query: run() };
  } catch (error) {
    if (error instanceof TemplateError) return { ok: false, message: `${what}: ${error.message}` };
    throw error;
  }
}

function functionsOf(inputs: QueryInputs): TemplateFunctions {
  const functions = new Map<string, () => Value>(inputNames.map((name) => [name, () => inputs[name]]));
  const variables = new Map(Object.entries(inputs.variables ?? {}));
  return functions.set('variables', () => variables);
}
