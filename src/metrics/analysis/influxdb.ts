/** InfluxDB as a provider of analyses: the values of every record that a Flux query gives. */
import * as z from 'zod';
import { textOf } from '#engine/analysis/expression/value-text.ts';
import { valueOf } from '#engine/analysis/expression/values.ts';
import type { HttpResponse } from '#runtime/http.ts';
import { parsedJson, shortened } from '../json-body.ts';
import { readAnnotatedCsv } from './annotated-csv.ts';
import { answering, MeasurementProblem, send, type Hide } from './answering.ts';
import type { AnalysisProviderDeps, MakeAnalysisProvider, MeasurementRequest, ProviderAnswer } from './provider.ts';
import { isWell, refusal, urlBelow } from './server-answer.ts';

const timeout = 30_000;

export const influxdb: MakeAnalysisProvider = (deps) => ({
  type: 'Influxdb',
  start: answering((request, hide) => measure(request, hide, deps)),
});

async function measure(request: MeasurementRequest, hide: Hide, deps: AnalysisProviderDeps): Promise<ProviderAnswer> {
  const { profile = '', query = '' } = request.metric.provider.influxdb ?? {};
  const name = profile === '' ? 'influxdb' : profile;
  const secret = await deps.secret(deps.ownNamespace, name, request.signal);
  if (secret === undefined) throw new MeasurementProblem(`secrets "${name}" not found`);
  const { address = '', authToken = '', org = '' } = secret;
  if (address === '' || authToken === '' || org === '')
    throw new MeasurementProblem('authToken, org, or address not found');
  const url = urlBelow(address.trim(), '/api/v2/query');
  if (url === undefined) throw new MeasurementProblem('Cannot ask InfluxDB: the address in the Secret is no URL');
  url.search = new URLSearchParams({ org }).toString();
  const token = authToken.trim();
  hide(token);
  // The address is in a Secret of the controller: no user has given it.
  const answer = await send(deps.operatorHttp, {
    method: 'POST',
    url: url.href,
    headers: { Authorization: `Token ${token}`, 'Content-Type': 'application/json', Accept: 'text/csv' },
    body: JSON.stringify({
      query,
      type: 'flux',
      dialect: { annotations: ['datatype', 'group', 'default'], delimiter: ',', header: true },
    }),
    timeout,
    signal: request.signal,
  });
  return answerOf(answer);
}

function answerOf({ status, body }: HttpResponse): ProviderAnswer {
  if (!isWell(status)) throw refusal(status, refusalOf(status, body));
  const answer = readAnnotatedCsv(body);
  if (!answer.ok) throw new MeasurementProblem(shortened(answer.message));
  if (answer.records.length === 0) throw new MeasurementProblem('no results returned from flux query');
  const result = answer.records.map((record) => record.get('_value') ?? null);
  return { kind: 'result', result, text: textOf(valueOf(result)) };
}

const errorSchema = z.object({ code: z.string().min(1), message: z.string().min(1) });

function refusalOf(status: number, body: string): string {
  const said = errorSchema.safeParse(parsedJson(body));
  if (said.success) return shortened(`${said.data.code}: ${said.data.message}`);
  return `Unexpected status code ${status}`;
}
