/** The wire to an API server: requests and watches in raw JSON. The real one is `http-transport.ts`, the sandbox has its own. */

/** Query parameters of a request; a repeated one is a list. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

export type PatchType =
  | 'application/merge-patch+json'
  | 'application/json-patch+json'
  | 'application/strategic-merge-patch+json'
  | 'application/apply-patch+yaml';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute path without the query, e.g. `/apis/apps/v1/namespaces/test/deployments/web`. */
  readonly path: string;
  readonly query?: Query;
  /** A JSON value; an apply patch is sent as JSON too (JSON is YAML). */
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly contentType?: PatchType | 'application/json';
  /** Default `application/json`; tables and metadata-only objects are asked for here. */
  readonly accept?: string;
  readonly signal?: AbortSignal;
  /** It can wait: while others stand in line for a connection, one such call at a time goes out beside them. */
  readonly patient?: boolean;
  /** Asked as late as a transport can, when nothing is left to wait for: what it throws keeps the request back, and is what `send` throws. */
  readonly allowed?: () => void;
}

export interface ApiResponse {
  readonly status: number;
  /** Seconds of a `Retry-After` header, when there was one. */
  readonly retryAfter?: number;
  /** The parsed JSON; a string when the answer was not JSON (`/healthz`). */
  readonly body: unknown;
}

/** One line of a watch. */
export interface WatchLine {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  /** The object; for `ERROR` a `Status`. */
  readonly object: Readonly<Record<string, unknown>>;
}

/** The API server could not be reached or the connection broke: nothing is known about the request's outcome. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

/** A watch that was answered. With status 200 `lines` yields until the server closes the stream; any other status has a `body` and no lines. */
export interface WatchResponse extends ApiResponse {
  /** Throws `ConnectionError` when the stream breaks; returning from it closes the connection. */
  readonly lines: AsyncGenerator<WatchLine, void, undefined>;
}

export interface Transport {
  /** Resolves with any HTTP status; throws `ConnectionError` when there is no answer. */
  send(request: ApiRequest): Promise<ApiResponse>;
  /** Opens a watch; `watch=true` is added to the query. */
  watch(request: Pick<ApiRequest, 'path' | 'query' | 'accept' | 'signal'>): Promise<WatchResponse>;
  /** Ends all connections; open watches end with `ConnectionError`. */
  close(): Promise<void>;
}
