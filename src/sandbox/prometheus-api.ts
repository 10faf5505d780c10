/** Prometheus's HTTP API over the sandbox's series: queries at an instant and over a range, labels and series. */
import { parseQuery, PromqlError } from '#metrics/promql/parser.ts';
import type { Expr } from '#metrics/promql/ast.ts';
import { durationOf } from '#metrics/promql/literals.ts';
import { typeOf } from '#metrics/promql/type-check.ts';
import type { Clock } from '#runtime/clock.ts';
import { jsonResponse } from './http-handler.ts';
import type { Handler, HandlerRequest, HandlerResponse } from './http-handler.ts';
import type { MetricSource } from './metric-source.ts';
import { evaluate } from './promql/evaluate.ts';
import type { Value } from './promql/evaluate.ts';
import { EvaluationError } from './promql/evaluation-error.ts';
import { labelKey } from './promql/series.ts';
import type { Labels } from './promql/series.ts';
import { sampleText } from './promql/sample-text.ts';

/** An answer other than success. */
class ApiError extends Error {
  readonly status: number;
  readonly type: string;
  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

const badData = (message: string): ApiError => new ApiError(400, 'bad_data', message);

/** Prometheus's own limit. */
const maxPoints = 11_000;

export function prometheusApi(source: MetricSource, clock: Clock): Handler {
  const routes: Readonly<Record<string, (form: URLSearchParams) => unknown>> = {
    '/api/v1/query': (form) => instantQuery(form, source, clock),
    '/api/v1/query_range': (form) => rangeQuery(form, source),
    '/api/v1/labels': () => unique([...source.labels()].flatMap((labels) => [...labels.keys()])),
    '/api/v1/series': () => [...source.labels()].map((labels) => Object.fromEntries(labels)),
  };
  return (request) => {
    if (request.path === '/-/ready') return { status: 200, body: 'Prometheus Server is Ready.\n' };
    if (request.path === '/-/healthy') return { status: 200, body: 'Prometheus Server is Healthy.\n' };
    const label = /^\/api\/v1\/label\/([^/]+)\/values$/.exec(request.path)?.[1];
    const route = label === undefined ? routes[request.path] : () => labelValues(label, source);
    if (route === undefined) return { status: 404, body: '404 page not found\n' };
    return answer(() => route(formOf(request)));
  };
}

function formOf(request: HandlerRequest): URLSearchParams {
  const form = new URLSearchParams(request.query);
  if (request.method === 'POST') for (const [name, value] of new URLSearchParams(request.body)) form.set(name, value);
  return form;
}

function answer(act: () => unknown): HandlerResponse {
  try {
    return jsonResponse(200, { status: 'success', data: act() });
  } catch (error) {
    if (error instanceof ApiError) return failure(error.status, error.type, error.message);
    if (error instanceof EvaluationError) return failure(422, 'execution', error.message);
    throw error;
  }
}

function failure(status: number, errorType: string, error: string): HandlerResponse {
  return jsonResponse(status, { status: 'error', errorType, error });
}

function instantQuery(form: URLSearchParams, source: MetricSource, clock: Clock): unknown {
  const at = instantOf(form, 'time') ?? clock.now();
  return show(evaluate(queryOf(form), source, at), at);
}

function rangeQuery(form: URLSearchParams, source: MetricSource): unknown {
  const start = required(form, 'start');
  const end = required(form, 'end');
  const step = stepOf(form);
  if (end < start) throw badData('invalid parameter "end": end timestamp must not be before start time');
  if ((end - start) / step > maxPoints) {
    throw badData(
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  }
  const expr = queryOf(form);
  const type = typeOf(expr);
  if (type === 'matrix' || type === 'string') {
    const name = type === 'matrix' ? 'range vector' : 'string';
    throw badData(
      `invalid parameter "query": invalid expression type "${name}" for range query, must be Scalar or instant Vector`,
    );
  }
  return overRange(expr, source, { start, end, step });
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

function overRange(expr: Expr, source: MetricSource, { start, end, step }: Range): unknown {
  const rows = new Map<string, { metric: object; values: [number, string][] }>();
  const add = (labels: Labels, at: number, value: number): void => {
    const key = labelKey(labels);
    const row = rows.get(key) ?? { metric: Object.fromEntries(labels), values: [] };
    row.values.push([at / 1000, sampleText(value)]);
    rows.set(key, row);
  };
  for (let at = start; at <= end; at += step) {
    const value = evaluate(expr, source, at, { start, end });
    if (value.type === 'scalar') add(new Map(), at, value.value);
    if (value.type === 'vector') for (const sample of value.samples) add(sample.labels, at, sample.value);
  }
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  return { resultType: 'matrix', result: sorted };
}

function show(value: Value, at: number): unknown {
  const seconds = at / 1000;
  if (value.type === 'string') return { resultType: 'string', result: [seconds, value.value] };
  if (value.type === 'scalar') return { resultType: 'scalar', result: [seconds, sampleText(value.value)] };
  if (value.type === 'vector') {
    const result = value.samples.map((sample) => ({
      metric: Object.fromEntries(sample.labels),
      value: [seconds, sampleText(sample.value)],
    }));
    return { resultType: 'vector', result };
  }
  const result = value.series.map(({ labels, points }) => ({
    metric: Object.fromEntries(labels),
    values: points.map((point) => [point.at / 1000, sampleText(point.value)]),
  }));
  return { resultType: 'matrix', result };
}

function queryOf(form: URLSearchParams): Expr {
  try {
    return parseQuery(form.get('query') ?? '');
  } catch (error) {
    if (!(error instanceof PromqlError)) throw error;
    throw badData(`invalid parameter "query": ${error.line}:${error.column}: parse error: ${error.what}`);
  }
}

function required(form: URLSearchParams, name: string): number {
  const at = instantOf(form, name);
  if (at === undefined) throw badData(`invalid parameter "${name}": cannot parse "" to a valid timestamp`);
  return at;
}

/** Seconds since the epoch or RFC 3339, in milliseconds. */
function instantOf(form: URLSearchParams, name: string): number | undefined {
  const text = form.get(name);
  if (text === null || text === '') return undefined;
  const seconds = Number(text);
  const at = Number.isNaN(seconds) ? Date.parse(text) : Math.round(seconds * 1000);
  if (!Number.isFinite(at)) throw badData(`invalid parameter "${name}": cannot parse "${text}" to a valid timestamp`);
  return at;
}

function stepOf(form: URLSearchParams): number {
  const text = form.get('step') ?? '';
  const step = durationOf(text) ?? Math.round(Number(text) * 1000);
  if (text === '' || Number.isNaN(step))
    throw badData(`invalid parameter "step": cannot parse "${text}" to a valid duration`);
  if (step > 0) return step;
  throw badData(
    'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
  );
}

function labelValues(label: string, source: MetricSource): string[] {
  return unique([...source.labels()].flatMap((labels) => labels.get(label) ?? []));
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
