/** SkyWalking as a provider of analyses: the data that a GraphQL query over the last minutes gives. */
import * as z from 'zod';
import { parseDuration, problemOfDuration } from '#api/duration.ts';
import type { HttpResponse } from '#runtime/http.ts';
import { parsedJson, shortened } from '../json-body.ts';
import { answering, MeasurementProblem, send } from './answering.ts';
import { goJson } from './go-json.ts';
import type { AnalysisProviderDeps, MakeAnalysisProvider, MeasurementRequest, ProviderAnswer } from './provider.ts';
import { isWell, refusal, strange, urlBelow } from './server-answer.ts';

const timeout = 30_000;

export const skywalking: MakeAnalysisProvider = (deps) => ({
  type: 'skywalking',
  start: answering((request) => measure(request, deps)),
});

async function measure(request: MeasurementRequest, deps: AnalysisProviderDeps): Promise<ProviderAnswer> {
  const { address = '', query = '', interval = '' } = request.metric.provider.skywalking ?? {};
  const length = parseDuration(interval);
  if (length === undefined) throw new MeasurementProblem(problemOfDuration(interval));
  const url = urlBelow(address, '/graphql');
  if (url === undefined) throw new MeasurementProblem(`Cannot ask SkyWalking: "${address}" is not a valid URL`);
  const now = deps.clock.now();
  const duration = { start: minuteOf(now - length), end: minuteOf(now), step: 'MINUTE' };
  const answer = await send(deps.http, {
    method: 'POST',
    url: url.href,
    headers: { 'Content-Type': 'application/json; charset=utf-8', Accept: 'application/json; charset=utf-8' },
    body: JSON.stringify({ query, variables: { duration } }),
    timeout,
    signal: request.signal,
  });
  return answerOf(answer);
}

/** As SkyWalking writes minutes. It has no time zones: both sides must be in the same. */
function minuteOf(at: number): string {
  const text = Temporal.Instant.fromEpochMilliseconds(Math.floor(at))
    .toZonedDateTimeISO(Temporal.Now.timeZoneId())
    .toString();
  return `${text.slice(0, 10)} ${text.slice(11, 13)}${text.slice(14, 16)}`;
}

const answerSchema = z.object({
  data: z.unknown().optional(),
  errors: z.array(z.looseObject({ message: z.string() })).nullish(),
});

function answerOf({ status, body }: HttpResponse): ProviderAnswer {
  const answer = answerSchema.safeParse(parsedJson(body));
  const { data, errors } = answer.data ?? {};
  const [error] = errors ?? [];
  if (error !== undefined) throw refusal(status, shortened(`graphql: ${error.message}`));
  if (!isWell(status)) throw refusal(status, `graphql: server returned a non-200 status code: ${status}`);
  if (!answer.success) throw strange(`decoding response: Cannot read "${shortened(body)}"`);
  if (data === null || data === undefined) throw new MeasurementProblem('no results returned from SkyWalking query');
  return { kind: 'result', result: data, text: goJson(data) };
}
