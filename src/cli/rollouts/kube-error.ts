/** What the API server has refused, in its own words: the plugin prints them unchanged. */

export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly code: number;
  /** Such as `NotFound` or `Conflict`; empty when the answer held none. */
  readonly reason: string;

  constructor(message: string, code: number, reason: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

/** A 404 for the object or for the whole path. */
export const isNotFound = (error: unknown): error is KubeError => error instanceof KubeError && error.code === 404;

export const isConflict = (error: unknown): error is KubeError => error instanceof KubeError && error.code === 409;
