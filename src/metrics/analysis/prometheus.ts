/** Prometheus as a provider of analyses: a query at an instant or over a range, and all of its series. */
import type { PrometheusQuery } from '#api/analysis-metric.ts';
import { parseDuration, problemOfDuration } from '#api/duration.ts';
import { evaluateTime } from '#engine/analysis/expression/expression.ts';
import { decimalText } from '#engine/analysis/expression/values.ts';
import { HttpError, type HttpResponse } from '#runtime/http.ts';
import { shortened } from '../json-body.ts';
import {
  askPrometheus,
  basicAuthorization,
  queryEndpoint,
  readAnswer,
  sampleValue,
  type PrometheusAnswer,
  type PrometheusCall,
  type PrometheusRequest,
} from '../prometheus-api.ts';
import { answering, callProblem, hideCredentials, MeasurementProblem, type Hide } from './answering.ts';
import { awsSigning } from './aws-signing.ts';
import { forgetTokens, tokenHeader } from './client-credentials.ts';
import type { AnalysisProviderDeps, MakeAnalysisProvider, MeasurementRequest, ProviderAnswer } from './provider.ts';

const defaultTimeout = 30;

export const prometheus: MakeAnalysisProvider = (deps) => ({
  type: 'Prometheus',
  metadata: ({ provider }) => ({ ResolvedPrometheusQuery: provider.prometheus?.query ?? '' }),
  start: answering((request, hide) => measure(request, deps, hide)),
});

async function measure(
  { metric, signal }: MeasurementRequest,
  deps: AnalysisProviderDeps,
  hide: Hide,
): Promise<ProviderAnswer> {
  const query: PrometheusQuery = metric.provider.prometheus ?? {};
  const { endpoint, isOperators } = endpointOf(query, deps, hide);
  const timeout = timeoutOf(query);
  const form = formOf(query, deps.clock.now());
  const late = { method: 'POST', url: endpoint.href } as const;
  if (timeout === 0) throw callProblem(new HttpError('timeout', ''), late);
  const insecure = query.insecure === true;
  const headers = await headersOf(query, endpoint, deps, { timeout, insecure, hide, signal });
  try {
    const response = await askPrometheus(isOperators ? deps.operatorHttp : deps.http, {
      method: 'POST',
      endpoint,
      form,
      headers,
      timeout,
      signal,
      ...(insecure ? { insecureSkipVerify: true } : {}),
    });
    if (response.status === 401) forgetTokens(deps.http);
    return answerOf(response);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof HttpError ? callProblem(error, late) : error;
  }
}

function endpointOf(
  { address = '', rangeQuery }: PrometheusQuery,
  { env }: AnalysisProviderDeps,
  hide: Hide,
): { readonly endpoint: URL; readonly isOperators: boolean } {
  const isOperators = address === '';
  const text = isOperators ? (env['ARGO_ROLLOUTS_PROMETHEUS_ADDRESS'] ?? '') : address;
  if (text === '') throw new MeasurementProblem('prometheus address is not configured');
  const endpoint = queryEndpoint(text, rangeQuery === undefined ? 'query' : 'query_range');
  if (endpoint === undefined) throw new MeasurementProblem('prometheus address is not is url format');
  if (endpoint.password !== '') hide(endpoint.password, `${endpoint.username}:${endpoint.password}`);
  return { endpoint, isOperators };
}

function timeoutOf({ timeout = defaultTimeout }: PrometheusQuery): number {
  if (timeout < 0) throw new MeasurementProblem('prometheus timeout should not be negative');
  return timeout * 1_000;
}

/** The later ones count where several want to let somebody in. */
async function headersOf(
  { authentication = {}, headers: own = [] }: PrometheusQuery,
  endpoint: URL,
  deps: AnalysisProviderDeps,
  call: { readonly timeout: number; readonly insecure: boolean; readonly hide: Hide; readonly signal: AbortSignal },
): Promise<PrometheusCall['headers']> {
  const login = loginOf(authentication, call.hide);
  const token = await tokenHeader(authentication.oauth2, deps, call);
  const sign = await awsSigning(authentication.sigv4, endpoint.href, deps, call.hide, call.signal);
  hideCredentials(own, call.hide);
  const named = Object.fromEntries(own.map(({ key, value }) => [key, value]));
  return async (request: PrometheusRequest) => {
    const form: Readonly<Record<string, string>> =
      request.method === 'POST' ? { 'Content-Type': 'application/x-www-form-urlencoded' } : {};
    return { ...login, ...token, ...form, ...(await sign(request, form)), ...named };
  };
}

function loginOf(
  { basicAuth: { username = '', password = '' } = {} }: NonNullable<PrometheusQuery['authentication']>,
  hide: Hide,
): Readonly<Record<string, string>> {
  // The original writes empty objects where nothing is configured.
  if (username === '' && password === '') return {};
  const missing = username === '' ? 'username' : password === '' ? 'password' : undefined;
  if (missing !== undefined)
    throw new MeasurementProblem(`missing mandatory parameter in metric for basic auth setup: ${missing}`);
  hide(password, `${username}:${password}`);
  return { Authorization: basicAuthorization(username, password) };
}

function formOf({ query = '', rangeQuery }: PrometheusQuery, now: number): URLSearchParams {
  const form = new URLSearchParams({ query });
  const times = rangeQuery === undefined ? { time: now / 1_000 } : rangeOf(rangeQuery, now);
  for (const [name, seconds] of Object.entries(times)) form.set(name, String(seconds));
  return form;
}

type Range = { readonly start: number; readonly end: number; readonly step: number };

/** In seconds. */
function rangeOf({ start = '', end = '', step = '' }: NonNullable<PrometheusQuery['rangeQuery']>, now: number): Range {
  const from = evaluateTime(start, now);
  if (!from.ok) throw new MeasurementProblem(`failed to parse rangeQuery.start as time: ${from.message}`);
  const to = evaluateTime(end, now);
  if (!to.ok) throw new MeasurementProblem(`failed to parse rangeQuery.end as time: ${to.message}`);
  const every = parseDuration(step);
  if (every === undefined)
    throw new MeasurementProblem(`failed to parse rangeQuery.step as duration: ${problemOfDuration(step)}`);
  return { start: from.value / 1_000, end: to.value / 1_000, step: every / 1_000 };
}

function answerOf({ status, body }: HttpResponse): ProviderAnswer {
  const answer = readAnswer(body);
  if (answer.is === 'refusal') {
    const { errorType, error } = answer;
    throw new MeasurementProblem(shortened(`${errorType}: ${error}`), { isOutage: errorType !== 'bad_data' });
  }
  if (status >= 500) throw outage(`server_error: server error: ${status}`);
  if (status >= 400) throw outage(`client_error: client error: ${status}`);
  if (status < 200 || status > 299) throw outage(`bad_response: bad response code ${status}`);
  return resultOf(answer, () => outage(`bad_response: unknown response: ${shortened(body)}`));
}

const outage = (message: string): MeasurementProblem => new MeasurementProblem(message, { isOutage: true });

function resultOf(
  answer: Exclude<PrometheusAnswer, { is: 'refusal' }>,
  unreadable: () => MeasurementProblem,
): ProviderAnswer {
  if (answer.is === 'unreadable') throw unreadable();
  const { warnings } = answer;
  const metadata =
    warnings.length === 0 ? {} : { metadata: { warnings: warnings.map((one) => `"${one}"`).join(', ') } };
  if (answer.is === 'string') return { kind: 'error', message: 'Prometheus metric type not supported', ...metadata };
  const numberOf = (text: unknown): number => {
    const value = sampleValue(text);
    if (value === undefined) throw unreadable();
    return value;
  };
  if (answer.is === 'scalar') {
    const value = numberOf(answer.sample);
    return { kind: 'result', result: value, text: decimalText(value), ...metadata };
  }
  const { resultType, series } = answer;
  if (resultType !== 'vector' && resultType !== 'matrix') throw unreadable();
  const samples = series.flatMap(({ value, values = [] }) =>
    resultType === 'matrix' ? values : value === undefined ? [] : [value],
  );
  const numbers = samples.map(([, text]) => numberOf(text));
  const text = `[${numbers.map(decimalText).join(',')}]`;
  return { kind: 'result', result: numbers, text, elements: 'float64', ...metadata };
}
