/** A small web server without a socket: the sandbox's services are functions from a request to an answer. */

export interface HandlerRequest {
  readonly method: string;
  /** The URL's path, as sent, with its leading slash. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HandlerResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A promise that never settles is a server that accepts and never answers. A thrown `HttpError` is a broken connection. */
export type Handler = (request: HandlerRequest) => HandlerResponse | Promise<HandlerResponse>;

export function jsonResponse(status: number, value: unknown): HandlerResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
