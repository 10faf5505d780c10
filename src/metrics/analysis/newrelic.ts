/** New Relic as a provider of analyses: the rows of an NRQL query, asked for over NerdGraph. */
import * as z from 'zod';
import type { HttpResponse } from '#runtime/http.ts';
import { parsedJson, shortened } from '../json-body.ts';
import { answering, isOutage, MeasurementProblem, send, type Hide } from './answering.ts';
import { goJson } from './go-json.ts';
import { ownSecret } from './named-secret.ts';
import type { AnalysisProviderDeps, MakeAnalysisProvider, MeasurementRequest, ProviderAnswer } from './provider.ts';

const defaultProfile = 'newrelic';
/** Seconds that the query may take. */
const defaultTimeout = 5;
/** The answer may take longer than the query. */
const leeway = 10;

const endpoints: ReadonlyMap<string, string> = new Map([
  ['us', 'https://api.newrelic.com/graphql'],
  ['eu', 'https://api.eu.newrelic.com/graphql'],
  ['staging', 'https://staging-api.newrelic.com/graphql'],
]);

export const newRelic: MakeAnalysisProvider = (deps) => ({
  type: 'NewRelic',
  metadata: ({ provider }) => ({ ResolvedNewRelicQuery: provider.newRelic?.query ?? '' }),
  start: answering((request, hide) => measure(request, deps, hide)),
});

async function measure(
  { metric, signal }: MeasurementRequest,
  deps: AnalysisProviderDeps,
  hide: Hide,
): Promise<ProviderAnswer> {
  const { profile = '', query = '', timeout = defaultTimeout } = metric.provider.newRelic ?? {};
  if (timeout < 0) throw new MeasurementProblem('timeout value needs to be a positive value');
  const account = await accountOf(profile === '' ? defaultProfile : profile, deps, hide, signal);
  const response = await send(deps.http, {
    method: 'POST',
    url: account.endpoint,
    headers: { 'Content-Type': 'application/json', 'Api-Key': account.key },
    body: JSON.stringify({ query: graph, variables: { query, accountId: account.id, timeout } }),
    timeout: (timeout + leeway) * 1_000,
    signal,
  });
  return answerOf(response);
}

const graph =
  'query($query: Nrql!, $accountId: Int!, $timeout: Seconds) { actor { account(id: $accountId) { nrql(query: $query, timeout: $timeout) { results } } } }';

interface Account {
  readonly id: number;
  readonly key: string;
  readonly endpoint: string;
}

/** Keys of the Secret that nobody has to hide. */
const harmless: ReadonlySet<string> = new Set(['account-id', 'region', 'base-url-rest', 'base-url-nerdgraph']);

async function accountOf(
  profile: string,
  deps: AnalysisProviderDeps,
  hide: Hide,
  signal: AbortSignal,
): Promise<Account> {
  const secret = await ownSecret(deps, profile, harmless, hide, signal);
  const {
    'personal-api-key': key = '',
    'account-id': account = '',
    region = '',
    'base-url-nerdgraph': base = '',
  } = secret;
  if (key === '' || account === '') throw new MeasurementProblem('account ID or personal API key not found');
  const id = Number(account);
  if (!/^[+-]?\d+$/.test(account) || !Number.isSafeInteger(id))
    throw new MeasurementProblem(`could not parse account ID: "${account}" is no integer`);
  const endpoint = base === '' ? endpoints.get(region === '' ? 'us' : region.toLowerCase()) : base;
  if (endpoint === undefined) throw new MeasurementProblem(`invalid region: ${region}`);
  return { id, key, endpoint };
}

const row = z.record(z.string(), z.unknown());
const answerSchema = z.looseObject({
  data: z.looseObject({
    actor: z.looseObject({ account: z.looseObject({ nrql: z.looseObject({ results: z.array(row).nullish() }) }) }),
  }),
});
const refusalSchema = z.looseObject({ errors: z.array(z.looseObject({ message: z.string() })).min(1) });

function answerOf({ status, body }: HttpResponse): ProviderAnswer {
  const json = parsedJson(body);
  const refusal = refusalSchema.safeParse(json);
  const said = refusal.success ? refusal.data.errors.map(({ message }) => message).join(', ') : body;
  if (status !== 200)
    throw new MeasurementProblem(`${status} response returned: ${shortened(said)}`, { isOutage: isOutage(status) });
  if (refusal.success) throw new MeasurementProblem(shortened(said));
  const answer = answerSchema.safeParse(json);
  if (!answer.success)
    throw new MeasurementProblem(`Cannot read the answer of New Relic: '${shortened(body)}'`, { isOutage: true });
  const rows = answer.data.data.actor.account.nrql.results ?? [];
  const result = rows.length === 1 ? rows[0] : rows;
  if (result === undefined || Object.keys(result).length === 0)
    throw new MeasurementProblem('no results returned from NRQL query');
  return { kind: 'result', result, text: goJson(result) };
}
