/** Prometheus as a provider of analyses: a query at an instant or over a range, and all of its series. */
import { z } from 'zod';
import type { PrometheusQuery } from '#api/analysis-metric.ts';
import { parseDuration } from '#api/duration.ts';
import { evaluateTime } from '#engine/analysis/expression/expression.ts';
import { decimalText } from '#engine/analysis/expression/values.ts';
import { HttpError, type HttpResponse } from '#runtime/http.ts';
import { withoutUserinfo } from '#runtime/redact.ts';
import type { AnalysisProviderDeps, MakeAnalysisProvider, MeasurementRequest, ProviderAnswer } from './provider.ts';

const defaultTimeout = 30;
/** An error page belongs into a message, which is kept with the measurement. */
const longestBody = 1_000;

export const prometheus: MakeAnalysisProvider = (deps) => ({
  type: 'Prometheus',
  metadata: ({ provider }) => ({ ResolvedPrometheusQuery: provider.prometheus?.query ?? '' }),
  start: (request) => measure(request, deps),
});

async function measure({ metric, signal }: MeasurementRequest, deps: AnalysisProviderDeps): Promise<ProviderAnswer> {
  const query: PrometheusQuery = metric.provider.prometheus ?? {};
  const asked = requestOf(query, deps);
  if ('problem' in asked) return { kind: 'error', message: asked.problem };
  const call = {
    headers: asked.headers,
    timeout: asked.timeout,
    signal,
    ...(query.insecure === true ? { insecureSkipVerify: true } : {}),
  };
  try {
    const posted = await deps.http.send({
      ...call,
      method: 'POST',
      url: asked.url,
      headers: { ...asked.headers, 'Content-Type': 'application/x-www-form-urlencoded' },
      body: asked.form.toString(),
    });
    if (!refusesPost.has(posted.status)) return answerOf(posted);
    return answerOf(await deps.http.send({ ...call, method: 'GET', url: `${asked.url}?${asked.form.toString()}` }));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof HttpError)) throw error;
    return { kind: 'error', message: `Post "${withoutUserinfo(asked.url)}": ${error.message}`, isOutage: true };
  }
}

/** Servers in front of a Prometheus may let reading methods through alone. */
const refusesPost: ReadonlySet<number> = new Set([403, 405, 501]);

type Asked =
  | {
      readonly url: string;
      readonly form: URLSearchParams;
      readonly headers: Readonly<Record<string, string>>;
      readonly timeout: number;
    }
  | { readonly problem: string };

function requestOf(query: PrometheusQuery, { env, clock }: AnalysisProviderDeps): Asked {
  const { timeout = defaultTimeout, authentication = {}, rangeQuery } = query;
  const address = query.address ?? env['ARGO_ROLLOUTS_PROMETHEUS_ADDRESS'] ?? '';
  if (address === '') return { problem: 'prometheus address is not configured' };
  const url = URL.parse(address);
  if (url === null || url.host === '') return { problem: 'prometheus address is not is url format' };
  if (timeout < 0) return { problem: 'prometheus timeout should not be negative' };
  const headers: Record<string, string> = {};
  const { username = '', password = '' } = authentication.basicAuth ?? {};
  // The original writes empty objects where nothing is configured.
  if (username !== '' || password !== '') {
    const missing = username === '' ? 'username' : password === '' ? 'password' : undefined;
    if (missing !== undefined)
      return { problem: `missing mandatory parameter in metric for basic auth setup: ${missing}` };
    headers['Authorization'] = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  }
  for (const { key = '', value = '' } of query.headers ?? []) headers[key] = value;
  const form = new URLSearchParams({ query: query.query ?? '' });
  if (rangeQuery === undefined) form.set('time', String(clock.now() / 1000));
  else {
    const range = rangeOf(rangeQuery, clock.now());
    if ('problem' in range) return range;
    for (const [name, seconds] of Object.entries(range)) form.set(name, String(seconds));
  }
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/${rangeQuery === undefined ? 'query' : 'query_range'}`;
  return { url: url.href, form, headers, timeout: timeout * 1000 };
}

type Range = { readonly start: number; readonly end: number; readonly step: number };

/** In seconds. */
function rangeOf(
  { start = '', end = '', step = '' }: NonNullable<PrometheusQuery['rangeQuery']>,
  now: number,
): Range | { readonly problem: string } {
  const from = evaluateTime(start, now);
  if (!from.ok) return { problem: `failed to parse rangeQuery.start as time: ${from.message}` };
  const to = evaluateTime(end, now);
  if (!to.ok) return { problem: `failed to parse rangeQuery.end as time: ${to.message}` };
  const every = parseDuration(step);
  if (every === undefined)
    return { problem: `failed to parse rangeQuery.step as duration: time: invalid duration "${step}"` };
  return { start: from.value / 1000, end: to.value / 1000, step: every / 1000 };
}

const sample = z.tuple([z.number(), z.string()]);
const answerSchema = z.object({
  warnings: z.array(z.string()).optional(),
  data: z.discriminatedUnion('resultType', [
    z.object({ resultType: z.literal('scalar'), result: sample }),
    z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: sample.optional() })) }),
    z.object({ resultType: z.literal('matrix'), result: z.array(z.object({ values: z.array(sample).optional() })) }),
    z.object({ resultType: z.literal('string'), result: z.unknown() }),
  ]),
});
const refusalSchema = z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() });

function answerOf({ status, body }: HttpResponse): ProviderAnswer {
  const json = parsedJson(body);
  const refusal = refusalSchema.safeParse(json);
  if (refusal.success) {
    const { errorType, error } = refusal.data;
    return { kind: 'error', message: `${errorType}: ${error}`, isOutage: errorType !== 'bad_data' };
  }
  if (status >= 500) return { kind: 'error', message: `server_error: server error: ${status}`, isOutage: true };
  if (status >= 400) return { kind: 'error', message: `client_error: client error: ${status}`, isOutage: true };
  const answer = answerSchema.safeParse(json);
  if (!answer.success)
    return { kind: 'error', message: `bad_response: unknown response: ${shortened(body)}`, isOutage: true };
  const { data, warnings = [] } = answer.data;
  const metadata =
    warnings.length === 0 ? {} : { metadata: { warnings: warnings.map((one) => `"${one}"`).join(', ') } };
  if (data.resultType === 'string') return { kind: 'error', message: 'Prometheus metric type not supported' };
  if (data.resultType === 'scalar') {
    const value = goFloat(data.result[1]);
    return { kind: 'result', result: value, text: decimalText(value), ...metadata };
  }
  const samples =
    data.resultType === 'vector'
      ? data.result.flatMap(({ value }) => (value === undefined ? [] : [value]))
      : data.result.flatMap(({ values = [] }) => values);
  const numbers = samples.map(([, text]) => goFloat(text));
  return {
    kind: 'result',
    result: numbers,
    text: `[${numbers.map(decimalText).join(',')}]`,
    elements: 'float64',
    ...metadata,
  };
}

function goFloat(text: string): number {
  if (text === '+Inf' || text === 'Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

function parsedJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function shortened(text: string): string {
  return text.length > longestBody ? `${text.slice(0, longestBody)}…` : text;
}
