/** Outbound HTTP as the rest of Serin sees it: one call, bounded in time and size. */

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
  /** Limit of the whole call in milliseconds, connecting and reading included. */
  readonly timeout: number;
  /** Largest body that is read, in bytes; a longer one is an `HttpError` of kind `too-large`. Default 10 MiB. */
  readonly maxBytes?: number;
  /** How many redirects are followed; each hop drops credentials when the origin changes. Default 0. */
  readonly redirects?: number;
  /** Accept any certificate. Default false. */
  readonly insecureSkipVerify?: boolean;
  /** URL of the proxy to use, instead of what the environment says. */
  readonly proxy?: string;
  /** The URL is a user's: neither it nor a redirect may lead to this machine, its links or a cloud's metadata. Default false. */
  readonly refuseLocal?: boolean;
  readonly signal?: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  /** The reason phrase, such as `Service Unavailable`. */
  readonly statusText: string;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Why there is no response. `bad-request`: the URL or a header cannot be sent. */
export type HttpFailure =
  | 'timeout'
  | 'network'
  | 'certificate'
  | 'too-large'
  | 'too-many-redirects'
  | 'bad-request'
  /** The server is at an address that may not be called. */
  | 'refused-address'
  | 'aborted';

/** A call without a response. The message never holds headers, bodies or credentials of the URL. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly kind: HttpFailure;
  constructor(kind: HttpFailure, message: string) {
    super(message);
    this.kind = kind;
  }
}

export interface Http {
  /** Resolves with any HTTP status; throws `HttpError` when there is none. Never retries. */
  send(request: HttpRequest): Promise<HttpResponse>;
}
