/** Calls one webhook of a Canary: what is sent, what counts as yes, what is tried again. */
import { parseDuration } from '#api/duration.ts';
import { sleep, type Clock } from '#runtime/clock.ts';
import { HttpError, type Http, type HttpFailure, type HttpResponse } from '#runtime/http.ts';
import { withoutUserinfo } from '#runtime/redact.ts';

export interface Webhook {
  readonly url: string;
  /** A Go duration, of each attempt. Default 10s. */
  readonly timeout?: string | undefined;
  /** Attempts after the first one. Default 0. */
  readonly retries?: number | undefined;
  /** Accept any certificate. */
  readonly disableTLS?: boolean | undefined;
}

export interface WebhookPayload {
  readonly name: string;
  readonly namespace: string;
  readonly phase: string;
  readonly checksum: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface WebhookDeps {
  readonly http: Http;
  readonly clock: Clock;
}

export type WebhookAnswer =
  | { readonly ok: true; readonly status: number }
  | { readonly ok: false; readonly message: string };

const defaultTimeout = '10s';
const redirects = 10;
/** Only the text of a refusal is used, and an event holds about this much of it. */
const longestMessage = 1_000;
const maxBytes = 1024 * 1024;
const longestWait = 30_000;
/** A receiver that asks for more than this would hold up the Canary's passes; the next pass asks again anyway. */
const longestRetryAfter = 300_000;

/** Rejects only when `signal` is aborted: everything that a receiver or the network can do is an answer. */
export async function callWebhook(
  hook: Webhook,
  payload: WebhookPayload,
  deps: WebhookDeps,
  signal?: AbortSignal,
): Promise<WebhookAnswer> {
  const timeout = parseDuration(hook.timeout === undefined || hook.timeout === '' ? defaultTimeout : hook.timeout);
  if (timeout === undefined)
    return { ok: false, message: `invalid timeout "${hook.timeout}": not a duration like 10s` };
  const attempts = Math.max(0, hook.retries ?? 0) + 1;
  for (let attempt = 1; ; attempt++) {
    const outcome = await attemptOf(hook, payload, timeout, deps, signal);
    if (outcome.done) return outcome.answer;
    if (attempt === attempts || !outcome.again) {
      const cause = outcome.cause === undefined ? '' : `: ${outcome.cause}`;
      return { ok: false, message: `POST ${withoutUserinfo(hook.url)} giving up after ${attempt} attempt(s)${cause}` };
    }
    await sleep(deps.clock, outcome.wait ?? Math.min(1_000 * 2 ** (attempt - 1), longestWait), signal);
  }
}

/** A payload as the original writes it: without metadata when there is none. */
export function webhookPayload(
  about: Omit<WebhookPayload, 'metadata'>,
  metadata: Readonly<Record<string, string>> = {},
): WebhookPayload {
  const { name, namespace, phase, checksum } = about;
  const keys = Object.keys(metadata).sort();
  const sorted = Object.fromEntries(keys.map((key) => [key, metadata[key] ?? '']));
  return { name, namespace, phase, checksum, ...(keys.length === 0 ? {} : { metadata: sorted }) };
}

export interface EventNotice {
  readonly message: string;
  readonly type: 'Normal' | 'Warning';
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

/** The payload of a hook of type `event`; the hook's own metadata cannot hide what happened. */
export function eventPayload(
  about: Omit<WebhookPayload, 'metadata'>,
  event: EventNotice,
  metadata: Readonly<Record<string, string>> = {},
): WebhookPayload {
  const told = { eventMessage: event.message, eventType: event.type, timestamp: String(Math.trunc(event.at)) };
  return webhookPayload(about, { ...metadata, ...told });
}

type Outcome =
  | { readonly done: true; readonly answer: WebhookAnswer }
  | { readonly done: false; readonly again: boolean; readonly cause?: string; readonly wait?: number };

async function attemptOf(
  hook: Webhook,
  payload: WebhookPayload,
  timeout: number,
  { http, clock }: WebhookDeps,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  try {
    const response = await http.send({
      method: 'POST',
      url: hook.url,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(payload),
      timeout,
      redirects,
      maxBytes,
      ...(hook.disableTLS === true ? { insecureSkipVerify: true } : {}),
      ...(signal === undefined ? {} : { signal }),
    });
    return outcomeOf(response, clock.now());
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof HttpError)) throw error;
    return { done: false, again: !hopeless.has(error.kind), cause: error.message };
  }
}

/** Failures that the next attempt would meet again. */
const hopeless: ReadonlySet<HttpFailure> = new Set(['bad-request', 'certificate', 'too-many-redirects', 'too-large']);

function outcomeOf({ status, headers, body }: HttpResponse, now: number): Outcome {
  // As in the original: 203 and above is a refusal, 204 included.
  if (status <= 202) return { done: true, answer: { ok: true, status } };
  if (status !== 429 && (status < 500 || status === 501)) {
    return { done: true, answer: { ok: false, message: body.slice(0, longestMessage) } };
  }
  const wait = status === 429 || status === 503 ? retryAfter(headers['retry-after'], now) : undefined;
  return { done: false, again: true, ...(wait === undefined ? {} : { wait }) };
}

/** Milliseconds from now of a `Retry-After`, which is a number of seconds or a date. */
function retryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const delay = /^\d+$/.test(text.trim()) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isNaN(delay) ? undefined : Math.min(Math.max(0, delay), longestRetryAfter);
}
