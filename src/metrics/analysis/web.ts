/** Any HTTP server as a provider of analyses: a part of its JSON, or its text, is the result. */
import type { WebQuery } from '#api/analysis-metric.ts';
import type { HttpRequest } from '#runtime/http.ts';
import { parsedJson } from '../json-body.ts';
import { findAll } from '../json-path/evaluator.ts';
import { JsonPathError, type JsonPath } from '../json-path/nodes.ts';
import { parseJsonPath } from '../json-path/parser.ts';
import { answering, hideCredentials, isOutage, MeasurementProblem, send, type Hide } from './answering.ts';
import { forgetTokens, tokenHeader } from './client-credentials.ts';
import { goJson } from './go-json.ts';
import type { AnalysisProviderDeps, MakeAnalysisProvider, MeasurementRequest, ProviderAnswer } from './provider.ts';

const defaultTimeout = 10;

export const web: MakeAnalysisProvider = (deps) => ({
  type: 'Web',
  start: answering((request, hide) => measure(request, deps, hide)),
});

async function measure(
  { metric, signal }: MeasurementRequest,
  deps: AnalysisProviderDeps,
  hide: Hide,
): Promise<ProviderAnswer> {
  const { web: query } = metric.provider;
  if (query === undefined) throw new MeasurementProblem('no web settings');
  const path = pathOf(query);
  const { headers, ...request } = requestOf(query, hide);
  const token = await tokenHeader(query.authentication?.oauth2, deps, {
    timeout: request.timeout,
    insecure: query.insecure === true,
    hide,
    signal,
  });
  const { status, body } = await send(deps.http, { ...request, headers: { ...headers, ...token }, signal });
  if (status === 401) forgetTokens(deps.http);
  if (status < 200 || status > 299)
    throw new MeasurementProblem(`received non 2xx response code: ${status}`, { isOutage: isOutage(status) });
  return resultOf(body, path);
}

function pathOf({ jsonPath }: WebQuery): JsonPath {
  // The original's default is in its schema: an empty path is as good as none.
  return parseJsonPath(jsonPath === undefined || jsonPath === '' ? '{$}' : jsonPath);
}

const methods: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT']);
const isMethod = (text: string): text is 'GET' | 'POST' | 'PUT' => methods.has(text);

type WebRequest = Omit<HttpRequest, 'headers'> & { readonly headers: Readonly<Record<string, string>> };

function requestOf(query: WebQuery, hide: Hide): WebRequest {
  const { url, method = 'GET', body = '', jsonBody, timeoutSeconds = 0, insecure = false } = query;
  if (body !== '' && jsonBody !== undefined)
    throw new MeasurementProblem('use either Body or JSONBody; both cannot exists for WebMetric payload');
  const verb = method === '' ? 'GET' : method;
  if (!isMethod(verb)) throw new MeasurementProblem(`method ${verb} is not supported: use GET, POST or PUT`);
  if ((body !== '' || jsonBody !== undefined) && verb === 'GET')
    throw new MeasurementProblem('Body/JSONBody can only be used with POST or PUT WebMetric Method types');
  const sent = jsonBody === undefined ? body : JSON.stringify(jsonBody);
  return {
    method: verb,
    url,
    headers: headersOf(query, hide),
    timeout: (timeoutSeconds > 0 ? timeoutSeconds : defaultTimeout) * 1_000,
    ...(verb === 'GET' ? {} : { body: sent }),
    ...(insecure ? { insecureSkipVerify: true } : {}),
  };
}

/** Of several with one name the last counts. */
function headersOf({ headers = [], jsonBody }: WebQuery, hide: Hide): Readonly<Record<string, string>> {
  hideCredentials(headers, hide);
  const named = new Map(headers.map(({ key, value }) => [key.toLowerCase(), value]));
  if (jsonBody !== undefined) named.set('content-type', 'application/json');
  return Object.fromEntries(named);
}

/** What is no JSON is the result as it stands. */
function resultOf(body: string, path: JsonPath): ProviderAnswer {
  const json = parsedJson(body);
  if (json === undefined) return { kind: 'result', result: body, text: body };
  const [first] = found(path, json).map((value) => ({ value }));
  if (first === undefined) throw new MeasurementProblem('result of web metric produced no value');
  return { kind: 'result', result: first.value, text: goJson(first.value) };
}

function found(path: JsonPath, json: unknown): readonly unknown[] {
  try {
    return findAll(path, json).flat();
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    throw new MeasurementProblem(`Could not find JSONPath in body: ${error.message}`);
  }
}
