/** A client under constant load that counts what a user would see: it keeps its connections and never retries. */
import { isRecord } from '#cluster/kube-object.ts';
import { Pool } from 'undici';

export interface LoadOptions {
  /** Where requests go, path included. */
  readonly url: string;
  /** The Host header, when it is not the url's. */
  readonly host?: string;
  /** Further headers of every request. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly perSecond: number;
  /** Default 8. */
  readonly connections?: number;
  /** Whether a connection serves many requests. Default true. */
  readonly keepAlive?: boolean;
  /** Milliseconds after which an answer is too late. Default 10000. */
  readonly timeout?: number;
  /** Which version answered. Default: the `message` of a JSON body, as podinfo gives it. */
  readonly versionOf?: (answer: LoadAnswer) => string | undefined;
}

export interface LoadAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface FailedRequest {
  /** ISO time of its end. */
  readonly at: string;
  /** `status 503`, or why there was no answer. */
  readonly reason: string;
  readonly version?: string;
  readonly body?: string;
  /** How long it took, in milliseconds. */
  readonly took: number;
}

export interface LoadReport {
  /** Answered or failed so far. */
  readonly requests: number;
  readonly byStatus: Readonly<Record<string, number>>;
  /** Answers of each version, whatever their status. */
  readonly byVersion: Readonly<Record<string, number>>;
  /** Everything but statuses below 500. */
  readonly failed: readonly FailedRequest[];
  /** The longest time a request took, in milliseconds. */
  readonly slowest: number;
}

export interface Load {
  report(): LoadReport;
  /** Starts a new count, for looking at one phase alone. */
  reset(): void;
  /** Ends when every request under way has its answer. */
  stop(): Promise<LoadReport>;
}

interface Counts {
  requests: number;
  byStatus: Record<string, number>;
  byVersion: Record<string, number>;
  failed: FailedRequest[];
  slowest: number;
}

/** Requests start by the clock, whether or not earlier ones were answered: a slow server does not lessen its load. */
export function startLoad(options: LoadOptions): Load {
  const { origin, pathname, search } = new URL(options.url);
  const pipelining = options.keepAlive === false ? 0 : 1; // undici's way to say so
  const pool = new Pool(origin, { connections: options.connections ?? 8, pipelining, allowH2: false });
  const open = new Set<Promise<void>>();
  let counts = noCounts();
  let sent = 0;
  const began = performance.now();

  const sendOne = async (): Promise<void> => {
    const start = performance.now();
    const counted = counts;
    const outcome = await attempt(pool, `${pathname}${search}`, options);
    const took = performance.now() - start;
    counted.requests += 1;
    counted.slowest = Math.max(counted.slowest, took);
    if (outcome.version !== undefined) increase(counted.byVersion, outcome.version);
    increase(counted.byStatus, outcome.status === undefined ? 'none' : String(outcome.status));
    if (outcome.reason === undefined) return;
    const { reason, version, body } = outcome;
    const at = new Date().toISOString();
    counted.failed.push({
      at,
      reason,
      took,
      ...(version !== undefined && { version }),
      ...(body !== undefined && { body }),
    });
  };
  const timer = setInterval(() => {
    for (const due = ((performance.now() - began) / 1000) * options.perSecond; sent < due; sent += 1) {
      const one = sendOne().finally(() => open.delete(one));
      open.add(one);
    }
  }, 5);

  const report = (): LoadReport => structuredClone(counts);
  return {
    report,
    reset: () => (counts = noCounts()),
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      await pool.close();
      return report();
    },
  };
}

interface Outcome {
  readonly status?: number;
  readonly version?: string;
  readonly reason?: string;
  readonly body?: string;
}

async function attempt(pool: Pool, path: string, options: LoadOptions): Promise<Outcome> {
  const { host, timeout = 10_000, versionOf = messageOf } = options;
  try {
    const signal = AbortSignal.timeout(timeout);
    const headers = { ...options.headers, ...(host !== undefined && { host }) };
    const {
      statusCode: status,
      headers: received,
      body,
    } = await pool.request({ method: 'GET', path, headers, signal });
    const text = await body.text();
    const version = versionOf({ status, headers: received, body: text });
    const failure = status >= 500 ? { reason: `status ${status}`, body: text.slice(0, 200) } : {};
    return { status, ...(version !== undefined && { version }), ...failure };
  } catch (error) {
    return { reason: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

/** What podinfo says of itself: the `message` of its JSON. */
export function messageOf({ body }: LoadAnswer): string | undefined {
  try {
    const answer: unknown = JSON.parse(body);
    return isRecord(answer) && typeof answer['message'] === 'string' ? answer['message'] : undefined;
  } catch {
    return undefined; // an error page of the gateway
  }
}

function noCounts(): Counts {
  return { requests: 0, byStatus: {}, byVersion: {}, failed: [], slowest: 0 };
}

function increase(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
