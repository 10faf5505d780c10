/** Delivers one alert: a single POST, bounded in time, whose failure is an answer. */
import type { AlertServiceType } from '#api/alert-provider.ts';
import { HttpError, type Http, type HttpResponse } from '#runtime/http.ts';
import { without } from '#runtime/redact.ts';
import type { Alert, AlertRequest, Receiver } from './notifier.ts';
import { notifiers } from './notifiers.ts';

/** Someone who gets alerts, by one of the services. */
export interface AlertTarget {
  readonly type: AlertServiceType;
  readonly receiver: Receiver;
}

export type Delivery = { readonly ok: true } | { readonly ok: false; readonly message: string };

/** As in the original: a chat that does not answer must not hold up a release. */
const timeout = 5_000;
const maxBytes = 64 * 1024;
/** How much of a refusal is told. */
const longestReason = 600;

/** Rejects only when `signal` is aborted. The message of a failure holds nothing of the receiver's secrets. */
export async function deliver(
  { type, receiver }: AlertTarget,
  alert: Alert,
  http: Http,
  signal?: AbortSignal,
): Promise<Delivery> {
  const request = notifiers[type](alert, receiver);
  const refused = (reason: string): Delivery => ({
    ok: false,
    // Cut afterwards: half a secret would not be found.
    message: `postMessage failed: ${without(secretsOf(receiver), reason).slice(0, longestReason)}`,
  });
  try {
    const response = await http.send({
      method: 'POST',
      url: request.url,
      headers: { 'Content-Type': 'application/json', ...request.headers },
      body: JSON.stringify(request.body),
      timeout,
      maxBytes,
      ...(receiver.proxy ? { proxy: receiver.proxy } : {}),
      ...(signal === undefined ? {} : { signal }),
    });
    const reason = refusalOf(request, response);
    return reason === undefined ? { ok: true } : refused(reason);
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof HttpError)) throw error;
    return refused(`sending notification failed: ${error.message}`);
  }
}

function refusalOf({ refusalIn }: AlertRequest, { status, body }: HttpResponse): string | undefined {
  if (status < 200 || status > 299) return `sending notification bad response ${status}: ${body}`;
  const refusal = refusalIn?.(body);
  return refusal === undefined ? undefined : `the service refused it: ${refusal}`;
}

/** What of a receiver nobody may see. */
export function secretsOf({ address, token, proxy }: Receiver): readonly string[] {
  return [address, token, proxy].filter((text) => text !== undefined);
}
