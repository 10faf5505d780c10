/** Prometheus: asks one instant query over its HTTP API and takes one number from the answer. */
import { z } from 'zod';
import type { Measurement } from '#api/measurement.ts';
import { HttpError, type HttpResponse } from '#runtime/http.ts';
import { without, withoutUserinfo } from '#runtime/redact.ts';
import { ProviderConfigError, type MakeProvider, type MetricProvider, type ProviderConfig } from './provider.ts';

/** Of the whole call, as in the original. */
const timeout = 5_000;
const redirects = 10;
/** An error page belongs into an event, which holds about this much. */
const longestBody = 1_000;

const noValues = 'no values found';

export const prometheus: MakeProvider = (config, { http }): MetricProvider => {
  const endpoint = queryEndpoint(config.address);
  const headers = { ...config.headers, ...authorization(config.credentials) };
  const secrets = secretsOf(config);
  const hide = (measurement: Measurement): Measurement =>
    measurement.kind === 'value' ? measurement : { ...measurement, message: without(secrets, measurement.message) };

  const measure: MetricProvider['measure'] = async (query, _interval, signal) => {
    const url = new URL(endpoint);
    url.searchParams.set('query', squeezed(query));
    try {
      const response = await http.send({
        method: 'GET',
        url: url.href,
        headers,
        timeout,
        redirects,
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

function queryEndpoint(address: string | undefined): URL {
  const url = URL.parse(address ?? '');
  if (url === null || url.host === '') {
    throw new ProviderConfigError(`prometheus address ${withoutUserinfo(address ?? '')} is not a valid URL`);
  }
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/query`;
  url.search = '';
  url.hash = '';
  return url;
}

function authorization(credentials: ProviderConfig['credentials']): Record<string, string> {
  if (credentials === undefined) return {};
  const { token, username, password } = credentials;
  // A Secret made from a file often ends in a line break, which no header can hold.
  if (token !== undefined) return { Authorization: `Bearer ${token.trim()}` };
  if (username === undefined) throw new ProviderConfigError('prometheus credentials does not contain a username');
  if (password === undefined) throw new ProviderConfigError('prometheus credentials does not contain a password');
  return { Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
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

const sample = z.tuple([z.number(), z.unknown()]);
const series = z.looseObject({
  value: sample.optional(),
  values: z.array(z.unknown()).optional(),
  histogram: z.unknown().optional(),
});
const answerSchema = z.looseObject({
  data: z.looseObject({ result: z.array(series) }),
});
const refusalSchema = z.looseObject({ errorType: z.literal('bad_data') });

function measurementOf({ status, statusText, body }: HttpResponse): Measurement {
  if (status >= 400) {
    const refused = status === 400 && refusalSchema.safeParse(parsedJson(body)).success;
    const message = `error response: Status ${`${status} ${statusText}`.trim()}: ${shortened(body)}`;
    return { kind: refused ? 'bad-query' : 'provider-error', message };
  }
  const json = parsedJson(body);
  const answer = answerSchema.safeParse(json);
  if (!answer.success) return unreadable(json, body);
  return lastValue(answer.data.data.result);
}

/** A scalar or a string is an answer of a healthy server to the wrong query; anything else is no Prometheus. */
function unreadable(json: unknown, body: string): Measurement {
  const other = z.looseObject({ data: z.looseObject({ resultType: z.enum(['scalar', 'string']) }) }).safeParse(json);
  if (other.success) {
    const reason = `the query yields a ${other.data.data.resultType}, a vector is needed`;
    return { kind: 'bad-query', message: `error unmarshaling result: ${reason}, '${shortened(body)}'` };
  }
  const reason = json === undefined ? 'the body is not JSON' : 'the body is not the answer of a query';
  return { kind: 'provider-error', message: `error unmarshaling result: ${reason}, '${shortened(body)}'` };
}

/** Of several series the last one counts, as in the original. */
function lastValue(result: readonly z.infer<typeof series>[]): Measurement {
  if (result.some((one) => one.values !== undefined))
    return { kind: 'bad-query', message: 'query returned multiple values' };
  if (result.some((one) => one.histogram !== undefined)) {
    return { kind: 'bad-query', message: 'query returned a native histogram, a number is needed' };
  }
  const text = result.at(-1)?.value?.[1];
  if (typeof text !== 'string') return { kind: 'no-data', message: noValues };
  const value = goFloat(text);
  if (value === undefined)
    return { kind: 'provider-error', message: `error unmarshaling result: '${shortened(text)}' is not a number` };
  if (Number.isNaN(value)) return { kind: 'nan', message: noValues };
  return { kind: 'value', value, series: result.length };
}

const infinities: ReadonlyMap<string, number> = new Map([
  ['+Inf', Infinity],
  ['Inf', Infinity],
  ['-Inf', -Infinity],
  ['NaN', NaN],
]);

/** A sample as Prometheus writes it. */
function goFloat(text: string): number | undefined {
  const special = infinities.get(text);
  if (special !== undefined) return special;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isNaN(value) ? undefined : value;
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
