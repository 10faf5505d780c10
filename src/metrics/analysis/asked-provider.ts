/** A provider in tests: one measurement against a server that is scripted, and what it was asked. */
import type { Metric } from '#api/analysis-metric.ts';
import type { Client } from '#cluster/client.ts';
import { judgeResult, type Judgement } from '#engine/analysis/conditions.ts';
import { systemClock, type Clock } from '#runtime/clock.ts';
import type { Http, HttpRequest, HttpResponse } from '#runtime/http.ts';
import type { AnalysisProviderDeps, MakeAnalysisProvider, ProviderAnswer } from './provider.ts';

/** 2026-08-01T10:00:00Z. */
export const askedAt = 1_785_578_400_000;

const clock: Clock = { ...systemClock, now: () => askedAt };
const absent = (): Promise<never> => Promise.reject(new Error('There is no cluster in this test'));
const client: Client = {
  get: absent,
  list: absent,
  create: absent,
  patch: absent,
  apply: absent,
  delete: absent,
};

export interface Reply {
  readonly status?: number;
  readonly body: string;
}

export interface Setting {
  readonly env?: AnalysisProviderDeps['env'];
  /** Of the controller's namespace, by name. */
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly files?: Readonly<Record<string, string>>;
}

export interface Asked {
  readonly answer: ProviderAnswer;
  readonly requests: readonly HttpRequest[];
}

/** Replies come in turn, the last one again and again; an error is what the network does. */
export async function ask(
  make: MakeAnalysisProvider,
  provider: Metric['provider'],
  replies: readonly (Reply | Error)[],
  setting: Setting = {},
): Promise<Asked> {
  const requests: HttpRequest[] = [];
  const http: Http = {
    send(request) {
      const reply = replies[Math.min(requests.length, replies.length - 1)];
      requests.push(request);
      return reply === undefined || reply instanceof Error ? Promise.reject(reply) : Promise.resolve(responseOf(reply));
    },
  };
  const deps = depsOf(http, setting);
  const run = { apiVersion: 'argoproj.io/v1alpha1', kind: 'AnalysisRun', metadata: { name: 'run', namespace: 'test' } };
  const request = { metric: { name: 'm', provider }, run, taken: 0, signal: new AbortController().signal };
  return { answer: await make(deps).start(request), requests };
}

/** What a provider gets in such a setting. */
export function depsOf(http: Http, { env = {}, secrets, files }: Setting = {}): AnalysisProviderDeps {
  return {
    http,
    operatorHttp: http,
    clock,
    env,
    readText: (file) => Promise.resolve(files?.[file] ?? ''),
    client,
    secret: (_namespace, name) => Promise.resolve(secrets?.[name]),
    ownNamespace: 'argo-rollouts',
  };
}

function responseOf({ status = 200, body }: Reply): HttpResponse {
  return { status, statusText: '', headers: {}, body };
}

/** What a success condition says of the result. */
export function judged(answer: ProviderAnswer, successCondition: string): Judgement {
  if (answer.kind !== 'result') throw new Error(`No result but ${JSON.stringify(answer)}`);
  return judgeResult({ successCondition }, answer.result, askedAt, answer.elements);
}
