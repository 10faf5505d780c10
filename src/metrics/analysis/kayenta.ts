/** Kayenta as a provider of analyses: it judges by itself, and is asked for its score until it has one. */
import * as z from 'zod';
import type { KayentaQuery } from '#api/analysis-metric.ts';
import { parseDuration, problemOfDuration } from '#api/duration.ts';
import { parseTime, rfc3339 } from '#api/time.ts';
import { parsedJson, shortened } from '../json-body.ts';
import { answering, isOutage, MeasurementProblem, send } from './answering.ts';
import type { AnalysisProviderDeps, MakeAnalysisProvider, MeasurementRequest, ProviderAnswer } from './provider.ts';

const timeout = 15_000;
const resumeDelay = 15_000;
const idKey = 'canaryExecutionId';

export const kayenta: MakeAnalysisProvider = (deps) => ({
  type: 'Kayenta',
  start: answering((request) => start(request, deps)),
  resume: answering((request) => resume(request, deps)),
});

function queryOf({ metric }: MeasurementRequest): KayentaQuery {
  const { kayenta: query } = metric.provider;
  if (query === undefined) throw new MeasurementProblem('no kayenta settings');
  if (!URL.canParse(query.address)) throw new MeasurementProblem(`Cannot ask Kayenta: "${query.address}" is no URL`);
  return query;
}

const urlOf = ({ address }: KayentaQuery, path: string, parameters: Readonly<Record<string, string>> = {}): string => {
  const search = new URLSearchParams(parameters).toString();
  return `${address.replace(/\/+$/, '')}${path}${search === '' ? '' : `?${search}`}`;
};

async function start(request: MeasurementRequest, deps: AnalysisProviderDeps): Promise<ProviderAnswer> {
  const query = queryOf(request);
  const id = await configOf(query, request, deps);
  const { application, metricsAccountName, configurationAccountName, storageAccountName } = query;
  const body = JSON.stringify({ scopes: scopesOf(query, request, deps.clock.now()), thresholds: query.threshold });
  const response = await send(deps.http, {
    method: 'POST',
    url: urlOf(query, `/canary/${encodeURIComponent(id)}`, {
      application,
      metricsAccountName,
      configurationAccountName,
      storageAccountName,
    }),
    headers: { 'Content-Type': 'application/json' },
    body,
    timeout,
    signal: request.signal,
  });
  if (response.status !== 200)
    throw new MeasurementProblem('Invalid Response', { isOutage: isOutage(response.status) });
  const begun = z.looseObject({ [idKey]: z.string().min(1) }).safeParse(parsedJson(response.body));
  if (!begun.success) throw new MeasurementProblem('Invalid canaryExecutionId', { isOutage: true });
  return {
    kind: 'running',
    metadata: { [idKey]: begun.data[idKey] },
    resumeAt: deps.clock.now() + resumeDelay,
  };
}

const configsSchema = z.array(z.looseObject({ id: z.string().default(''), name: z.string().default('') }));

async function configOf(
  query: KayentaQuery,
  { signal }: MeasurementRequest,
  { http }: AnalysisProviderDeps,
): Promise<string> {
  const { application, storageAccountName, canaryConfigName } = query;
  // As in the original, the storage account stands for that of the configuration.
  const url = urlOf(query, '/canaryConfig', { application, configurationAccountName: storageAccountName });
  const { status, body } = await send(http, { method: 'GET', url, timeout, signal });
  if (status !== 200) throw new MeasurementProblem(`Invalid Response: HTTP ${status}`, { isOutage: isOutage(status) });
  const configs = configsSchema.safeParse(parsedJson(body));
  if (!configs.success)
    throw new MeasurementProblem(`Cannot read the configurations of Kayenta: '${shortened(body)}'`, { isOutage: true });
  const config = configs.data.find(({ name }) => name === canaryConfigName);
  if (config === undefined || config.id === '') throw new MeasurementProblem('Canary config not found');
  return config.id;
}

type Scope = KayentaQuery['scopes'][number]['controlScope'];

function scopesOf(query: KayentaQuery, request: MeasurementRequest, now: number) {
  const scopes = query.scopes.map(({ name, controlScope, experimentScope }) => {
    for (const end of ['start', 'end'] as const) {
      if (isSet(controlScope[end]) !== isSet(experimentScope[end]))
        throw new MeasurementProblem(`controlScope.${end} and experimentScope.${end} must both be set or be empty`);
    }
    const window = (scope: Scope) => windowOf(scope, query, request, now);
    return [name, { controlScope: window(controlScope), experimentScope: window(experimentScope) }] as const;
  });
  return Object.fromEntries(scopes);
}

const isSet = (text: string | undefined): boolean => text !== undefined && text !== '';

function windowOf(
  { scope, region, step, start, end }: Scope,
  query: KayentaQuery,
  request: MeasurementRequest,
  now: number,
) {
  return {
    scope,
    location: region,
    step,
    start: isSet(start) ? start : rfc3339(query.lookback === true ? beginOf(request, now) : now - intervalOf(request)),
    end: isSet(end) ? end : rfc3339(now),
  };
}

/** A run that is measured for the first time has not started by its status yet. */
function beginOf({ run }: MeasurementRequest, now: number): number {
  const { startedAt = '' } = (run['status'] ?? {}) as { startedAt?: string }; // of an AnalysisRun
  const begun = parseTime(startedAt === '' ? (run.metadata.creationTimestamp ?? '') : startedAt);
  return Number.isNaN(begun) ? now : begun;
}

function intervalOf({ metric: { interval = '' } }: MeasurementRequest): number {
  const length = parseDuration(interval);
  if (length === undefined)
    throw new MeasurementProblem(`Invalid duration "${interval}": ${problemOfDuration(interval)}`);
  return length;
}

const scoreSchema = z.looseObject({
  result: z.looseObject({ judgeResult: z.looseObject({ score: z.looseObject({ score: z.number() }) }) }),
});

async function resume(request: MeasurementRequest, { http, clock }: AnalysisProviderDeps): Promise<ProviderAnswer> {
  const query = queryOf(request);
  const { signal, measurement } = request;
  const id = measurement?.metadata?.[idKey] ?? '';
  if (id === '') throw new MeasurementProblem('Invalid canaryExecutionId');
  const url = urlOf(query, `/canary/${encodeURIComponent(id)}`);
  const { status, body } = await send(http, { method: 'GET', url, timeout, signal });
  if (status !== 200) throw new MeasurementProblem('Invalid Response', { isOutage: isOutage(status) });
  const json = parsedJson(body);
  const state = z.looseObject({ complete: z.boolean() }).safeParse(json);
  if (!state.success) throw new MeasurementProblem('Missing Complete Status', { isOutage: true });
  if (!state.data.complete) return { kind: 'running', metadata: {}, resumeAt: clock.now() + resumeDelay };
  const judged = scoreSchema.safeParse(json);
  if (!judged.success) throw new MeasurementProblem('Missing Score', { isOutage: true });
  const score = Math.trunc(judged.data.result.judgeResult.score.score);
  const { pass, marginal } = query.threshold;
  const phase = score >= pass ? 'Successful' : score >= marginal ? 'Inconclusive' : 'Failed';
  return { kind: 'verdict', phase, text: String(score) };
}
