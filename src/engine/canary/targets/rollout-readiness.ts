/** What a workload's own rollout amounts to: ready, or not and why. */

export type Readiness =
  | { readonly ready: true }
  /** `final`: the deadline is over, waiting longer is pointless. */
  | { readonly ready: false; readonly final: boolean; readonly message: string };

/** Not ready, in the words of `kubectl rollout status`. */
export function waiting(detail: string, final = false): Readiness {
  return { ready: false, final, message: `waiting for rollout to finish: ${detail}` };
}

export function prefixed(prefix: string, readiness: Readiness): Readiness {
  return readiness.ready ? readiness : { ...readiness, message: `${prefix}${readiness.message}` };
}
