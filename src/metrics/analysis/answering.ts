/** Carries out a measurement over HTTP: what goes wrong on the way becomes its answer, and no secret is in it. */
import { errorText } from '#runtime/error-text.ts';
import { HttpError, type Http, type HttpRequest, type HttpResponse } from '#runtime/http.ts';
import { without, withoutUserinfo } from '#runtime/redact.ts';
import type { MeasurementRequest, ProviderAnswer } from './provider.ts';

/** Why there is no result. The message is the measurement's. */
export class MeasurementProblem extends Error {
  override readonly name = 'MeasurementProblem';
  /** The server's fault, or the network's, and not the metric's. */
  readonly isOutage: boolean;
  constructor(message: string, { isOutage = false }: { readonly isOutage?: boolean } = {}) {
    super(message);
    this.isOutage = isOutage;
  }
}

/** What came to be known as secret while measuring. */
export type Hide = (...secrets: readonly (string | undefined)[]) => void;

type Measure = (request: MeasurementRequest, hide: Hide) => Promise<ProviderAnswer>;

/** Answers whatever `measure` throws, but for the end of the request's signal. */
export function answering(measure: Measure): (request: MeasurementRequest) => Promise<ProviderAnswer> {
  return async (request) => {
    const secrets = new Set<string>();
    const hide: Hide = (...values) => {
      // As they are sent: a Secret made from a file often ends in a line break.
      for (const value of values) if (value !== undefined) secrets.add(value.trim());
    };
    try {
      return hidden(await measure(request, hide), secrets);
    } catch (error) {
      request.signal.throwIfAborted();
      const isOutage = error instanceof MeasurementProblem && error.isOutage;
      return hidden({ kind: 'error', message: errorText(error), ...(isOutage ? { isOutage } : {}) }, secrets);
    }
  };
}

/** What is kept of an answer goes into the status of a run, which has to fit into an object of the cluster with all others. */
const longest = { message: 2_000, text: 5_000, metadata: 20_000 } as const;

/** All but the result itself, which is judged and then forgotten. */
function hidden(answer: ProviderAnswer, secrets: ReadonlySet<string>): ProviderAnswer {
  const fit = (text: string, most: number): string => {
    const clean = without(secrets, text);
    return clean.length > most ? `${clean.slice(0, most)}…` : clean;
  };
  const shown = { ...answer };
  if ('message' in shown && shown.message !== undefined) shown.message = fit(shown.message, longest.message);
  if ('text' in shown && shown.text !== undefined) shown.text = fit(shown.text, longest.text);
  if (shown.metadata === undefined) return shown;
  const metadata = Object.entries(shown.metadata).map(([name, text]) => [name, fit(text, longest.metadata)]);
  return { ...shown, metadata: Object.fromEntries(metadata) as Readonly<Record<string, string>> };
}

/** As many as HTTP clients in Go follow. */
const redirects = 10;

/** One call; throws `MeasurementProblem` in Go's words when there is no response. */
export async function send(http: Http, request: HttpRequest & { readonly signal: AbortSignal }): Promise<HttpResponse> {
  try {
    return await http.send({ redirects, ...request });
  } catch (error) {
    request.signal.throwIfAborted();
    if (!(error instanceof HttpError)) throw error;
    throw callProblem(error, request);
  }
}

const tooLate = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';

/** A call without a response, in Go's words. */
export function callProblem(
  { kind, message }: HttpError,
  { method, url }: Pick<HttpRequest, 'method' | 'url'>,
): MeasurementProblem {
  const verb = `${method.slice(0, 1)}${method.slice(1).toLowerCase()}`;
  const reason = kind === 'timeout' ? tooLate : message;
  const isOutage = kind !== 'bad-request' && kind !== 'refused-address';
  return new MeasurementProblem(`${verb} "${withoutUserinfo(url)}": ${reason}`, { isOutage });
}

/** Whether a status says that the server, or the way to it, is not well: another metric would not help. */
export function isOutage(status: number): boolean {
  return status >= 500 || [401, 403, 407, 408, 429].includes(status);
}

/** Names of headers whose values let somebody in. */
const credential = /auth|token|key|secret|cookie|password|session/i;

/** Hides what the headers of a metric hold to let somebody in. */
export function hideCredentials(
  headers: readonly { readonly key?: string; readonly value?: string }[],
  hide: Hide,
): void {
  // Also without the scheme that stands before it.
  for (const { key = '', value = '' } of headers) if (credential.test(key)) hide(value, value.replace(/^\S+\s+/, ''));
}
