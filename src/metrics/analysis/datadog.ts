/** Datadog as a provider of analyses: a query over the last minutes, by the first or the second version of its API. */
import type { DatadogQuery } from '#api/analysis-metric.ts';
import { parseDuration, problemOfDuration } from '#api/duration.ts';
import type { HttpRequest } from '#runtime/http.ts';
import { answering, MeasurementProblem, send, type Hide } from './answering.ts';
import { scalarAnswer, seriesAnswer } from './datadog-answer.ts';
import type { AnalysisProviderDeps, MakeAnalysisProvider, MeasurementRequest, ProviderAnswer } from './provider.ts';

const defaultAddress = 'https://api.datadoghq.com';
const defaultSecret = 'datadog';

export const datadog: MakeAnalysisProvider = (deps) => ({
  type: 'Datadog',
  start: answering((request, hide) => measure(request, deps, hide)),
});

async function measure(request: MeasurementRequest, deps: AnalysisProviderDeps, hide: Hide): Promise<ProviderAnswer> {
  const query: Partial<DatadogQuery> = request.metric.provider.datadog ?? {};
  const problem = problemOf(query);
  if (problem !== undefined) throw new MeasurementProblem(problem);
  const timeout = timeoutOf(query);
  const { apiKey, appKey, address } = await credentialsOf(query, request, deps);
  hide(apiKey, appKey);
  const headers = { 'Content-Type': 'application/json', 'DD-API-KEY': apiKey, 'DD-APPLICATION-KEY': appKey };
  const asked = requestOf(query, address, deps.clock.now());
  const { signal } = request;
  const response = await send(deps.http, { ...asked, headers, timeout, signal });
  return query.apiVersion === 'v2' ? scalarAnswer(response) : seriesAnswer(response);
}

const review = 'Please review the Analysis Template.';

type Check = (query: Partial<DatadogQuery>) => string | undefined;

const hasQuery: Check = ({ query = '', queries = {} }) =>
  query === '' && Object.keys(queries).length === 0 ? `Must have either a query or queries. ${review}` : undefined;
const firstVersionHasQuery: Check = ({ query = '', apiVersion }) =>
  apiVersion !== 'v2' && query === ''
    ? 'Query is empty. API Version v1 only supports using the query parameter in your Analysis Template.'
    : undefined;
const hasOneKindOfQuery: Check = ({ query = '', queries = {} }) =>
  query !== '' && Object.keys(queries).length > 0 ? `Cannot have both a query and queries. ${review}` : undefined;
const formulaHasQueries: Check = ({ formula = '', queries = {} }) =>
  formula !== '' && Object.keys(queries).length === 0
    ? `Formula are only valid when queries are set. ${review}`
    : undefined;
const queriesHaveFormula: Check = ({ formula = '', queries = {} }) =>
  formula === '' && Object.keys(queries).length > 1
    ? 'When multiple queries are provided you must include a formula.'
    : undefined;
const aggregatorIsKnown: Check = ({ aggregator = '', apiVersion }) =>
  aggregator !== '' && apiVersion !== 'v2' ? `Aggregator is not supported in v1. ${review}` : undefined;

/** The order decides which of several mistakes is told. */
const checks: readonly Check[] = [
  hasQuery,
  hasOneKindOfQuery,
  firstVersionHasQuery,
  formulaHasQueries,
  queriesHaveFormula,
  aggregatorIsKnown,
];

function problemOf(query: Partial<DatadogQuery>): string | undefined {
  for (const check of checks) {
    const problem = check(query);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function timeoutOf({ requestTimeout = '' }: Partial<DatadogQuery>): number {
  const text = requestTimeout === '' ? '10s' : requestTimeout;
  const timeout = parseDuration(text);
  if (timeout === undefined)
    throw new MeasurementProblem(`Could not parse the request timeout: ${problemOfDuration(text)}. ${review}`);
  if (timeout <= 0) throw new MeasurementProblem(`Request timeout must be a positive duration (e.g. 30s). ${review}`);
  return timeout;
}

interface Credentials {
  readonly apiKey: string;
  readonly appKey: string;
  readonly address: string;
}

async function credentialsOf(
  query: Partial<DatadogQuery>,
  request: MeasurementRequest,
  deps: AnalysisProviderDeps,
): Promise<Credentials> {
  const { apiKey = '', appKey = '', address = '' } = await foundCredentials(query, request, deps);
  if (apiKey.trim() === '' && appKey.trim() === '' && address.trim() === '')
    throw new MeasurementProblem('failed to find the credentials for datadog metrics provider');
  if (apiKey.trim() === '' || appKey.trim() === '') throw new MeasurementProblem('API or App token not found');
  return { apiKey: apiKey.trim(), appKey: appKey.trim(), address: address.trim() || defaultAddress };
}

/** The first of: the Secret that the metric names, the environment, the Secret of the controller. */
async function foundCredentials(
  { secretRef: { name = '', namespaced = false } = {} }: Partial<DatadogQuery>,
  { run, signal }: MeasurementRequest,
  { env, secret, ownNamespace }: AnalysisProviderDeps,
): Promise<Partial<Credentials>> {
  if (name === '' && namespaced) throw new MeasurementProblem('secret name is required for namespaced credentials');
  const { DD_API_KEY: apiKey, DD_APP_KEY: appKey, DD_ADDRESS: address } = env;
  const isComplete = apiKey !== undefined && appKey !== undefined && address !== undefined;
  if (name === '' && isComplete && (apiKey !== '' || appKey !== '')) return { apiKey, appKey, address };
  const namespace = namespaced ? (run.metadata.namespace ?? '') : ownNamespace;
  const found = await secret(namespace, name === '' ? defaultSecret : name, signal);
  if (found === undefined) return {};
  return {
    apiKey: found['api-key'] ?? '',
    appKey: found['app-key'] ?? '',
    address: found['address'] ?? '',
  };
}

type Asked = Pick<HttpRequest, 'method' | 'url' | 'body'>;

function requestOf(query: Partial<DatadogQuery>, address: string, now: number): Asked {
  const { interval = '', apiVersion } = query;
  const text = interval === '' ? '5m' : interval;
  const length = parseDuration(text);
  if (length === undefined) throw new MeasurementProblem(problemOfDuration(text));
  const to = Math.floor(now / 1_000);
  const from = to - Math.trunc(length / 1_000);
  const base = address.replace(/\/+$/, '');
  if (!URL.canParse(base)) throw new MeasurementProblem('Cannot ask Datadog: the address is no URL');
  if (apiVersion === 'v2')
    return { method: 'POST', url: `${base}/api/v2/query/scalar`, body: JSON.stringify(scalarRequest(query, from, to)) };
  const parameters = new URLSearchParams({ from: `${from}`, query: query.query ?? '', to: `${to}` });
  return { method: 'GET', url: `${base}/api/v1/query?${parameters.toString()}` };
}

function scalarRequest(
  { query = '', queries, formula = '', aggregator = '' }: Partial<DatadogQuery>,
  from: number,
  to: number,
) {
  const named = Object.entries(query === '' ? (queries ?? {}) : { query }).toSorted(([one], [other]) =>
    one < other ? -1 : 1,
  );
  return {
    data: {
      type: 'scalar_request',
      attributes: {
        from: from * 1_000,
        to: to * 1_000,
        queries: named.map(([name, text]) => ({
          aggregator: aggregator === '' ? 'last' : aggregator,
          data_source: 'metrics',
          name,
          query: text,
        })),
        formulas: formula === '' ? [] : [{ formula }],
      },
    },
  };
}
