/** Graphite as a provider of analyses: the points of the first series that a render query gives. */
import * as z from 'zod';
import type { HttpResponse } from '#runtime/http.ts';
import { parsedJson, shortened } from '../json-body.ts';
import { answering, MeasurementProblem, send } from './answering.ts';
import type { AnalysisProviderDeps, MakeAnalysisProvider, MeasurementRequest, ProviderAnswer } from './provider.ts';
import { isWell, refusal, strange, urlBelow } from './server-answer.ts';

const timeout = 10_000;

export const graphite: MakeAnalysisProvider = (deps) => ({
  type: 'Graphite',
  start: answering((request) => measure(request, deps)),
});

async function measure(request: MeasurementRequest, deps: AnalysisProviderDeps): Promise<ProviderAnswer> {
  const { address = '', query = '' } = request.metric.provider.graphite ?? {};
  const url = urlBelow(address, '/render');
  if (url === undefined) throw new MeasurementProblem(`Graphite address ${address} is not a valid URL`);
  // Users fold long queries, and mean no space by that.
  const parameters = new URLSearchParams(query.replaceAll(/\s/g, ''));
  parameters.set('format', 'json');
  parameters.sort();
  url.search = parameters.toString();
  return answerOf(await send(deps.http, { method: 'GET', url: url.href, timeout, signal: request.signal }));
}

/** A value and when it was; a number may be written as a text. */
const point = z.tuple([z.union([z.number(), z.string(), z.null()]), z.unknown()]);
const series = z.array(z.looseObject({ datapoints: z.array(point).nullish() }));

function answerOf({ status, body }: HttpResponse): ProviderAnswer {
  if (!isWell(status)) throw refusal(status, `error response: ${shortened(body)}`);
  const read = series.safeParse(parsedJson(body));
  if (!read.success) throw strange(`Cannot read the answer of Graphite: ${shortened(body)}`);
  const points = read.data[0]?.datapoints ?? [];
  if (points.length === 0) throw new MeasurementProblem('no values found');
  const values: number[] = [];
  for (const [value] of points) {
    const number = numberOf(value);
    if (number === undefined) throw strange(`Cannot read the answer of Graphite: "${value}" is no number`);
    if (number !== null) values.push(number);
  }
  return { kind: 'result', result: values, text: `[${values.map(sixDigits).join(',')}]`, elements: 'float64' };
}

function numberOf(value: number | string | null): number | null | undefined {
  if (typeof value !== 'string') return value;
  if (/^nan$/i.test(value)) return Number.NaN;
  if (/^[+-]?inf(inity)?$/i.test(value)) return value.startsWith('-') ? -Infinity : Infinity;
  const number = Number(value);
  return value.trim() === '' || Number.isNaN(number) ? undefined : number;
}

/** Go's `%f`. */
function sixDigits(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`;
}
