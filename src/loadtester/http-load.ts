/** The built-in load generator: sends the same request at a rate, some at a time, and counts what came back. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { sleep, type Clock } from '#runtime/clock.ts';
import type { LoadPlan } from './load-plan.ts';

export interface LoadReport {
  readonly requests: number;
  /** Milliseconds from the first to the last request. */
  readonly took: number;
  /** How often each status, or the code of an error, came back. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** Milliseconds, of answered requests. */
  readonly p50: number;
  readonly p99: number;
}

/** Ends with the plan or the signal, never rejects for what the target does. */
export type GenerateLoad = (plan: LoadPlan, signal: AbortSignal) => Promise<LoadReport>;

/** Enough for the percentiles; the memory of an hour's load stays bounded. */
const mostSamples = 100_000;

/** Timers are late by a little, which is made up for; the requests of a target that hung are not. */
const longestCatchUp = 100;

export function loadGenerator(clock: Clock): GenerateLoad {
  return async (plan, signal) => {
    const send = sender(plan);
    const outcomes = new Map<string, number>();
    const latencies: number[] = [];
    const start = clock.monotonic();
    const until = plan.duration === undefined ? Infinity : start + plan.duration;
    const gap = plan.rate === undefined ? 0 : 1_000 / plan.rate;
    let next = start;
    let begun = 0;

    const worker = async (): Promise<void> => {
      while (!signal.aborted && begun < (plan.requests ?? Infinity)) {
        const now = clock.monotonic();
        const due = Math.max(next, now - longestCatchUp);
        if (Math.max(due, now) >= until) return;
        next = due + gap;
        begun++;
        if (due > now && !(await slept(clock, due - now, signal))) return;
        const sent = clock.monotonic();
        const outcome = await send(signal);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        if (/^\d/.test(outcome) && latencies.length < mostSamples) latencies.push(clock.monotonic() - sent);
      }
    };
    await Promise.all(Array.from({ length: plan.concurrency }, worker));
    send.close();
    latencies.sort((a, b) => a - b);
    const requests = [...outcomes.values()].reduce((sum, count) => sum + count, 0);
    return {
      requests,
      took: clock.monotonic() - start,
      outcomes,
      p50: quantile(latencies, 0.5),
      p99: quantile(latencies, 0.99),
    };
  };
}

/** One line for logs and for the output of a hook. */
export function reportText({ requests, took, outcomes, p50, p99 }: LoadReport): string {
  const counts = [...outcomes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([outcome, count]) => `${count} × ${outcome}`);
  const seconds = took / 1_000;
  const rate = seconds > 0 ? (requests / seconds).toFixed(1) : '0';
  const latency = `p50 ${p50.toFixed(1)}ms, p99 ${p99.toFixed(1)}ms`;
  return `${requests} requests in ${seconds.toFixed(1)}s (${rate}/s): ${counts.join(', ') || 'none'}; ${latency}`;
}

/** Whether the time passed without the signal. */
async function slept(clock: Clock, delay: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(clock, delay, signal);
    return true;
  } catch {
    return false;
  }
}

interface Send {
  /** The status as text, or the code of what went wrong. */
  (signal: AbortSignal): Promise<string>;
  close(): void;
}

function sender(plan: LoadPlan): Send {
  const url = new URL(plan.url);
  const secure = url.protocol === 'https:';
  const options = { keepAlive: plan.keepAlive, maxSockets: plan.concurrency };
  const agent = secure
    ? new HttpsAgent({ ...options, rejectUnauthorized: !plan.insecureSkipVerify })
    : new HttpAgent(options);
  const request = secure ? httpsRequest : httpRequest;
  const send = (signal: AbortSignal): Promise<string> =>
    new Promise((resolve) => {
      const answered = (response: IncomingMessage): void => {
        response.once('error', (error) => resolve(codeOf(error)));
        response.once('close', () => resolve(response.complete ? String(response.statusCode) : 'ECONNRESET'));
        response.resume();
      };
      const limit = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(plan.timeout))]);
      const headers = { 'user-agent': 'serin-loadtester', ...plan.headers };
      const call = request(url, { method: plan.method, headers, agent, signal: limit }, answered);
      call.once('error', (error) => resolve(limit.aborted && !signal.aborted ? 'timeout' : codeOf(error)));
      call.end(plan.body);
    });
  return Object.assign(send, { close: () => agent.destroy() });
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
