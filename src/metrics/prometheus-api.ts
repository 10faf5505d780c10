/** The HTTP API of Prometheus: where a query goes, how it is sent, and what comes back. One client for Canaries and analyses. */
import * as z from 'zod';
import type { Http, HttpRequest, HttpResponse } from '#runtime/http.ts';
import { parsedJson } from './json-body.ts';

const redirects = 10;

/** `undefined` for an address that is no URL. Its path is kept, its query is not. */
export function queryEndpoint(address: string, api: 'query' | 'query_range' = 'query'): URL | undefined {
  const url = URL.parse(address);
  if (url === null || url.host === '') return undefined;
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/${api}`;
  url.search = '';
  url.hash = '';
  return url;
}

export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

export type PrometheusRequest = Pick<HttpRequest, 'method' | 'url' | 'body'>;
type SentHeaders = NonNullable<HttpRequest['headers']>;

export interface PrometheusCall extends Pick<HttpRequest, 'timeout' | 'insecureSkipVerify' | 'signal'> {
  readonly endpoint: URL;
  readonly form: URLSearchParams;
  /** POST leaves room for long queries. It falls back to GET where something in front lets reading methods through alone. */
  readonly method: 'GET' | 'POST';
  /** The headers of one request, which a signature may depend on. */
  readonly headers: (request: PrometheusRequest) => SentHeaders | Promise<SentHeaders>;
}

const refusesPost: ReadonlySet<number> = new Set([403, 405, 501]);

/** Resolves with any status; throws `HttpError` when there is no answer. */
export async function askPrometheus(http: Http, call: PrometheusCall): Promise<HttpResponse> {
  const { endpoint, form, method, headers, ...options } = call;
  const send = async (request: PrometheusRequest): Promise<HttpResponse> =>
    http.send({ ...options, ...request, headers: await headers(request), redirects });
  const url = `${endpoint.href}?${form.toString()}`;
  if (method === 'GET') return send({ method, url });
  const posted = await send({ method, url: endpoint.href, body: form.toString() });
  return refusesPost.has(posted.status) ? send({ method: 'GET', url }) : posted;
}

const sample = z.tuple([z.number(), z.unknown()]);
const series = z.looseObject({
  value: sample.optional(),
  values: z.array(sample).optional(),
  histogram: z.unknown().optional(),
});
export type Series = z.infer<typeof series>;

const refusalSchema = z.looseObject({ status: z.literal('error'), errorType: z.string(), error: z.string() });
const singleSchema = z.looseObject({
  data: z.looseObject({ resultType: z.enum(['scalar', 'string']), result: z.unknown() }),
});
const seriesSchema = z.looseObject({
  data: z.looseObject({ resultType: z.string().optional(), result: z.array(series) }),
});
const warningsSchema = z.looseObject({ warnings: z.array(z.string()) });

interface Single<Type extends string> {
  readonly is: Type;
  /** `undefined` where it has none. */
  readonly sample: unknown;
  readonly warnings: readonly string[];
}

export type PrometheusAnswer =
  /** The server understood the request, and says why there is no result. */
  | { readonly is: 'refusal'; readonly errorType: string; readonly error: string }
  | Single<'scalar'>
  | Single<'string'>
  | {
      readonly is: 'series';
      readonly resultType: string | undefined;
      readonly series: readonly Series[];
      readonly warnings: readonly string[];
    }
  | { readonly is: 'unreadable'; readonly isJson: boolean };

export function readAnswer(body: string): PrometheusAnswer {
  const json = parsedJson(body);
  const refusal = refusalSchema.safeParse(json);
  if (refusal.success) return { is: 'refusal', errorType: refusal.data.errorType, error: refusal.data.error };
  const { data: { warnings } = { warnings: [] } } = warningsSchema.safeParse(json);
  const single = singleSchema.safeParse(json);
  if (single.success) {
    const { resultType, result } = single.data.data;
    return { is: resultType, sample: sample.safeParse(result).data?.[1], warnings };
  }
  const several = seriesSchema.safeParse(json);
  if (!several.success) return { is: 'unreadable', isJson: json !== undefined };
  return { is: 'series', resultType: several.data.data.resultType, series: several.data.data.result, warnings };
}

const special: ReadonlyMap<string, number> = new Map([
  ['+Inf', Infinity],
  ['Inf', Infinity],
  ['-Inf', -Infinity],
  ['NaN', NaN],
]);

/** A sample as Prometheus writes it; `undefined` for what is none. */
export function sampleValue(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined;
  const value = special.get(text);
  if (value !== undefined) return value;
  const number = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isNaN(number) ? undefined : number;
}
