/** The controllers under test: the one place where the player of traces meets them. */
import type { Transport } from '#cluster/transport.ts';
import type { Clock } from '#runtime/clock.ts';
import type { Http } from '#runtime/http.ts';

export type ControllerKind = 'flagger' | 'argo';

export interface ControllerDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly http: Http;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Command-line flags, as the original's Deployment would have them. */
  readonly flags: readonly string[];
}

export interface RunningController {
  stop(): Promise<void>;
}

/** How the original ran while the traces were recorded; Serin's own wait before a scale-down is switched off. */
export const recordedFlags: Readonly<Record<ControllerKind, readonly string[]>> = {
  flagger: ['-mesh-provider=kubernetes', '-control-loop-interval=1s', '-traffic-drain=0s'],
  argo: [],
};

export type StartController = (kind: ControllerKind, deps: ControllerDeps) => Promise<RunningController>;

/** Starts the controller of one API; it works until it is stopped. */
export async function startController(kind: ControllerKind, _deps: ControllerDeps): Promise<RunningController> {
  throw new Error(`Cannot start the controller "${kind}": it is not connected to the player of traces yet`);
}
