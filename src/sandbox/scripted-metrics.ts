/** A metric server that answers by script: the first entry whose expression is found in the query says what comes back. */
import * as z from 'zod';
import { jsonResponse } from './http-handler.ts';
import type { Handler, HandlerRequest, HandlerResponse } from './http-handler.ts';
import { sampleText } from './promql/sample-text.ts';

/** `NaN` is also accepted as the text that YAML makes of it. */
const sample = z.union([z.number(), z.nan(), z.literal(Infinity), z.literal(-Infinity), z.literal('NaN')]);
const simpleAnswer = z.union([
  sample,
  z.literal('empty'),
  z.array(sample),
  z.strictObject({ scalar: sample }),
  z.strictObject({ status: z.int(), body: z.string().default('') }),
  z.strictObject({ error: z.string() }),
]);

/** A value: one series. A list: one series each. `empty`: no series. `inTurn`: one answer a request, the last one for ever. */
export const MetricAnswer = z.union([simpleAnswer, z.strictObject({ inTurn: z.array(simpleAnswer).min(1) })]);
export type MetricAnswer = z.input<typeof MetricAnswer>;
type SimpleAnswer = z.output<typeof simpleAnswer>;

/** `query` is a regular expression, searched in the query with its white space squeezed. */
export const ScriptedMetric = z.strictObject({ name: z.string(), query: z.string(), answer: MetricAnswer });
export type ScriptedMetric = z.input<typeof ScriptedMetric>;

export interface ScriptedMetrics {
  readonly handler: Handler;
  /** The distinct queries asked so far, white space squeezed, in the order of their first appearance. */
  queries(): readonly string[];
  /** Gives the entry called `name` another answer from now on; throws when there is none. */
  set(name: string, answer: MetricAnswer): void;
}

/** Flagger asks this to see whether the server lives. */
const probe = 'vector(1)';

/** `now` is the time of the samples in milliseconds. */
export function scriptedMetrics(entries: readonly ScriptedMetric[], now: () => number): ScriptedMetrics {
  const script = entries.map(({ name, query, answer }) => ({ name, query: new RegExp(query), next: inTurn(answer) }));
  const asked = new Set<string>();
  return {
    handler(request) {
      if (request.path !== '/api/v1/query') return { status: 404, body: '404 page not found\n' };
      const query = squeeze(queryOf(request));
      asked.add(query);
      const entry = script.find((candidate) => candidate.query.test(query));
      const answer = entry?.next() ?? (query === probe ? 1 : 'empty');
      return respond(answer, now() / 1000);
    },
    queries: () => [...asked],
    set(name, answer) {
      const entry = script.find((candidate) => candidate.name === name);
      if (entry === undefined)
        throw new Error(`Cannot change the metric "${name}": the script has no metric of this name`);
      entry.next = inTurn(answer);
    },
  };
}

function inTurn(input: MetricAnswer): () => SimpleAnswer {
  const answer = MetricAnswer.parse(input);
  if (typeof answer !== 'object' || !('inTurn' in answer)) return () => answer;
  const left = [...answer.inTurn];
  return () => (left.length > 1 ? left.shift() : left[0]) ?? 'empty';
}

function squeeze(query: string): string {
  return query.replaceAll(/\s+/g, ' ').trim();
}

function queryOf(request: HandlerRequest): string {
  const form = request.method === 'POST' ? new URLSearchParams(request.body) : request.query;
  return form.get('query') ?? request.query.get('query') ?? '';
}

function respond(answer: SimpleAnswer, at: number): HandlerResponse {
  if (answer === 'empty') return vector([], at);
  if (typeof answer !== 'object') return vector([answer], at);
  if (Array.isArray(answer)) return vector(answer, at);
  if ('scalar' in answer) return success({ resultType: 'scalar', result: [at, sampleText(Number(answer.scalar))] });
  if ('status' in answer) return { status: answer.status, body: answer.body };
  return jsonResponse(400, { status: 'error', errorType: 'bad_data', error: answer.error });
}

function vector(values: readonly (number | 'NaN')[], at: number): HandlerResponse {
  const result = values.map((value, index) => ({
    metric: values.length > 1 ? { series: `${index + 1}` } : {},
    value: [at, sampleText(Number(value))],
  }));
  return success({ resultType: 'vector', result });
}

function success(data: unknown): HandlerResponse {
  return jsonResponse(200, { status: 'success', data });
}
