/** The users of the demo: a client that sends requests at a steady pace, never tries again, and remembers what came back. */
import { Agent, request } from 'node:http';
import type { Clock } from '#runtime/clock.ts';
import { versionHeader } from './app.ts';

export interface UserCounts {
  /** Answered or failed so far. */
  readonly requests: number;
  /** By version: how many requests it answered, and how many of these answers were its own failures. */
  readonly versions: ReadonlyMap<string, { readonly answered: number; readonly failed: number }>;
  /** Why requests got no answer of any version. */
  readonly lost: readonly string[];
}

export interface Users {
  counts(): UserCounts;
  /** Ends when every request under way has its answer. */
  stop(): Promise<void>;
}

export interface UsersOptions {
  readonly clock: Clock;
  readonly url: string;
  readonly host: string;
  readonly perSecond: number;
}

/** A person would have given up. */
const timeout = 5_000;
/** Requests that are due by then start together. */
const beat = 20;

export function startUsers({ clock, url, host, perSecond }: UsersOptions): Users {
  const agent = new Agent({ keepAlive: true });
  const versions = new Map<string, { answered: number; failed: number }>();
  const lost: string[] = [];
  const open = new Set<Promise<void>>();
  const startedAt = clock.monotonic();
  let begun = 0;
  let requests = 0;

  const sendOne = async (): Promise<void> => {
    const outcome = await send(agent, url, host);
    requests += 1;
    if (outcome.version === undefined) {
      lost.push(`${new Date(clock.now()).toISOString()} ${outcome.reason}`);
      return;
    }
    const count = versions.get(outcome.version) ?? { answered: 0, failed: 0 };
    versions.set(outcome.version, count);
    count.answered += 1;
    if (outcome.status >= 500) count.failed += 1;
  };
  let cancel = (): void => {};
  const next = (): void => {
    cancel = clock.after(beat, next);
    const due = ((clock.monotonic() - startedAt) / 1000) * perSecond;
    for (; begun < due; begun++) {
      const one = sendOne().finally(() => open.delete(one));
      open.add(one);
    }
  };
  next();
  return {
    counts: () => ({ requests, versions, lost }),
    async stop() {
      cancel();
      await Promise.all(open);
      agent.destroy();
    },
  };
}

type Outcome =
  | { readonly version: string; readonly status: number }
  | { readonly version?: undefined; readonly reason: string };

function send(agent: Agent, url: string, host: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const asked = request(url, { agent, headers: { host }, timeout }, (response) => {
      const { statusCode: status = 0, headers } = response;
      const version = headers[versionHeader];
      response.once('error', (error) => resolve({ reason: error.message }));
      response.once('close', () => {
        if (!response.complete) resolve({ reason: 'the answer broke off' });
        else if (typeof version === 'string') resolve({ version, status });
        else resolve({ reason: `status ${status} from the gateway` });
      });
      response.resume();
    });
    asked.once('timeout', () => asked.destroy(new Error(`no answer within ${timeout} ms`)));
    asked.once('error', (error) => resolve({ reason: error.message }));
    asked.end();
  });
}
