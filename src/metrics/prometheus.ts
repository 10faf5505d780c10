/** Prometheus: asks one instant query over its HTTP API and takes one number from the answer. */
import type { Measurement } from '#api/measurement.ts';
import { HttpError, type HttpResponse } from '#runtime/http.ts';
import { without, withoutUserinfo } from '#runtime/redact.ts';
import { shortened } from './json-body.ts';
import {
  askPrometheus,
  basicAuthorization,
  queryEndpoint,
  readAnswer,
  sampleValue,
  type PrometheusAnswer,
  type Series,
} from './prometheus-api.ts';
import { ProviderConfigError, type MakeProvider, type MetricProvider, type ProviderConfig } from './provider.ts';

/** Of the whole call, as in the original. */
const timeout = 5_000;

const noValues = 'no values found';

export const prometheus: MakeProvider = (config, { http }): MetricProvider => {
  const endpoint = endpointOf(config.address);
  const headers = { ...config.headers, ...authorization(config.credentials) };
  const secrets = secretsOf(config);
  const hide = (measurement: Measurement): Measurement =>
    measurement.kind === 'value' ? measurement : { ...measurement, message: without(secrets, measurement.message) };

  const measure: MetricProvider['measure'] = async (query, _interval, signal) => {
    try {
      const response = await askPrometheus(http, {
        method: 'GET',
        endpoint,
        form: new URLSearchParams({ query: squeezed(query) }),
        headers: () => headers,
        timeout,
        ...(config.insecureSkipVerify === true ? { insecureSkipVerify: true } : {}),
        ...(signal === undefined ? {} : { signal }),
      });
      return hide(measurementOf(response));
    } catch (error) {
      // A caller that gives up wants no verdict.
      signal?.throwIfAborted();
      if (!(error instanceof HttpError)) throw error;
      return hide({ kind: 'provider-error', message: `request failed: ${error.message}` });
    }
  };

  return {
    measure,
    async online(signal) {
      const answer = await measure('vector(1)', '', signal);
      if (answer.kind !== 'value') return { ok: false, message: answer.message };
      return answer.value === 1
        ? { ok: true }
        : { ok: false, message: `vector(1) yields ${answer.value} instead of 1` };
    },
  };
};

/** Line breaks and runs of blanks mean nothing in PromQL; one form makes queries comparable. */
export function squeezed(query: string): string {
  return query.replace(/\s+/g, ' ').trim();
}

function endpointOf(address = ''): URL {
  const url = queryEndpoint(address);
  if (url === undefined)
    throw new ProviderConfigError(`prometheus address ${withoutUserinfo(address)} is not a valid URL`);
  return url;
}

function authorization(credentials: ProviderConfig['credentials']): Record<string, string> {
  if (credentials === undefined) return {};
  const { token, username, password } = credentials;
  // A Secret made from a file often ends in a line break, which no header can hold.
  if (token !== undefined) return { Authorization: `Bearer ${token.trim()}` };
  if (username === undefined) throw new ProviderConfigError('prometheus credentials does not contain a username');
  if (password === undefined) throw new ProviderConfigError('prometheus credentials does not contain a password');
  return { Authorization: basicAuthorization(username, password) };
}

/** Everything that a server could echo in an error page and that must not appear in an event. */
function secretsOf({ address, credentials = {}, headers = {} }: ProviderConfig): string[] {
  const url = URL.parse(address ?? '');
  const logins = [
    { username: credentials['username'], password: credentials['password'] },
    { username: decoded(url?.username), password: decoded(url?.password) },
  ];
  const basic = logins.map(({ username, password }) => `${username ?? ''}:${password ?? ''}`);
  const values = [credentials['token'], ...logins.map(({ password }) => password), ...Object.values(headers).flat()];
  return [...values.filter((value) => value !== undefined), ...basic];
}

function decoded(text = ''): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function measurementOf({ status, statusText, body }: HttpResponse): Measurement {
  const answer = readAnswer(body);
  if (status >= 400) {
    const refused = status === 400 && answer.is === 'refusal' && answer.errorType === 'bad_data';
    const message = `error response: Status ${`${status} ${statusText}`.trim()}: ${shortened(body)}`;
    return { kind: refused ? 'bad-query' : 'provider-error', message };
  }
  return answer.is === 'series' ? lastValue(answer.series) : unreadable(answer, body);
}

/** A scalar or a string is an answer of a healthy server to the wrong query; anything else is no Prometheus. */
function unreadable(answer: Exclude<PrometheusAnswer, { is: 'series' }>, body: string): Measurement {
  if (answer.is === 'scalar' || answer.is === 'string') {
    const reason = `the query yields a ${answer.is}, a vector is needed`;
    return { kind: 'bad-query', message: `error unmarshaling result: ${reason}, '${shortened(body)}'` };
  }
  const isJson = answer.is === 'refusal' || answer.isJson;
  const reason = isJson ? 'the body is not the answer of a query' : 'the body is not JSON';
  return { kind: 'provider-error', message: `error unmarshaling result: ${reason}, '${shortened(body)}'` };
}

/** Of several series the last one counts, as in the original. */
function lastValue(result: readonly Series[]): Measurement {
  if (result.some((one) => one.values !== undefined))
    return { kind: 'bad-query', message: 'query returned multiple values' };
  if (result.some((one) => one.histogram !== undefined)) {
    return { kind: 'bad-query', message: 'query returned a native histogram, a number is needed' };
  }
  const text = result.at(-1)?.value?.[1];
  if (typeof text !== 'string') return { kind: 'no-data', message: noValues };
  const value = sampleValue(text);
  if (value === undefined)
    return { kind: 'provider-error', message: `error unmarshaling result: '${shortened(text)}' is not a number` };
  if (Number.isNaN(value)) return { kind: 'nan', message: noValues };
  return { kind: 'value', value, series: result.length };
}
