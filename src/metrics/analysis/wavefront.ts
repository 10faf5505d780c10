/** Wavefront as a provider of analyses: of each series the point that is nearest to now. */
import * as z from 'zod';
import type { HttpResponse } from '#runtime/http.ts';
import { parsedJson, shortened } from '../json-body.ts';
import { answering, isOutage, MeasurementProblem, send, type Hide } from './answering.ts';
import { ownSecret } from './named-secret.ts';
import type { AnalysisProviderDeps, MakeAnalysisProvider, MeasurementRequest, ProviderAnswer } from './provider.ts';

/** Its tokens by the address that they are for: whoever has it says which servers may be asked. */
const secretName = 'wavefront-api-tokens';
const timeout = 30_000;
const harmless: ReadonlySet<string> = new Set();

export const wavefront: MakeAnalysisProvider = (deps) => ({
  type: 'Wavefront',
  start: answering((request, hide) => measure(request, deps, hide)),
});

async function measure(
  { metric, signal }: MeasurementRequest,
  deps: AnalysisProviderDeps,
  hide: Hide,
): Promise<ProviderAnswer> {
  const { address = '', query = '' } = metric.provider.wavefront ?? {};
  const tokens = new Map(Object.entries(await ownSecret(deps, secretName, harmless, hide, signal)));
  const token = tokens.get(address);
  if (token === undefined || token === '') throw new MeasurementProblem('API token not found');
  const seconds = Math.floor(deps.clock.now() / 1_000);
  const now = `${seconds}000`;
  const parameters = new URLSearchParams({ e: now, g: 's', i: 'true', p: '1', q: query, s: now });
  const url = `https://${address}/api/v2/chart/api?${parameters.toString()}`;
  if (URL.parse(url)?.host !== address.toLowerCase())
    throw new MeasurementProblem(`Cannot ask Wavefront: "${address}" is not the name of a host`);
  const headers = { Authorization: `Bearer ${token}`, Accept: 'application/json' };
  return answerOf(await send(deps.http, { method: 'GET', url, headers, timeout, signal }), seconds);
}

const answerSchema = z.looseObject({
  warnings: z.string().nullish(),
  errorMessage: z.string().nullish(),
  timeseries: z
    .array(z.looseObject({ data: z.array(z.tuple([z.number(), z.union([z.number(), z.literal('NaN')])])).nullish() }))
    .nullish(),
});

interface Point {
  readonly value: number;
  readonly at: number;
  /** Seconds from now. */
  readonly drift: number;
}

function answerOf({ status, body }: HttpResponse, now: number): ProviderAnswer {
  if (status < 200 || status > 299)
    throw new MeasurementProblem(`server returned ${status}\n${shortened(body)}`, { isOutage: isOutage(status) });
  const answer = answerSchema.safeParse(parsedJson(body));
  if (!answer.success)
    throw new MeasurementProblem(`Cannot read the answer of Wavefront: '${shortened(body)}'`, { isOutage: true });
  const { warnings, errorMessage, timeseries } = answer.data;
  const warned = warnings ? { warnings: shortened(warnings) } : {};
  if (errorMessage) return { kind: 'error', message: shortened(errorMessage), metadata: warned };
  const points = (timeseries ?? []).flatMap(({ data }) => nearest(data ?? [], now) ?? []);
  const [first, ...more] = points;
  if (first === undefined)
    return { kind: 'error', message: 'No TimeSeries found in response from Wavefront', metadata: warned };
  const told = (tell: (point: Point) => string): string =>
    more.length === 0 ? tell(first) : `[${points.map(tell).join(',')}]`;
  return {
    kind: 'result',
    result: more.length === 0 ? first.value : points.map(({ value }) => value),
    text: told(({ value }) => value.toFixed(2)),
    elements: 'float64',
    metadata: {
      ...warned,
      timestamps: told(({ at }) => String(Math.trunc(at))),
      drift: told(({ drift }) => String(Math.trunc(drift))),
    },
  };
}

/** A series without points has none. */
function nearest(data: readonly (readonly [number, number | 'NaN'])[], now: number): Point | undefined {
  let best: Point | undefined;
  for (const [at, value] of data) {
    const drift = at - now;
    if (best === undefined || Math.abs(drift) < Math.abs(best.drift)) best = { value: Number(value), at, drift };
  }
  return best;
}
