/** What works on the Canary or the Rollout of a fault world: processes with a controller each, that come and go in one way or another. */
import type { ApiRequest } from '#cluster/transport.ts';
import type { SandboxHttp } from '#sandbox/sandbox-http.ts';
import type { Log } from '#runtime/log.ts';
import type { VirtualClock } from '#sandbox/virtual-clock.ts';
import type { SandboxWorld } from '#sandbox/world.ts';
import { type ControllerKind, startController } from '../conformance/controller.ts';
import { type Kill, mortalProcess, type Process } from './mortal-process.ts';

/** What a world gives its processes. */
export interface Surroundings {
  readonly kind: ControllerKind;
  readonly world: SandboxWorld;
  readonly clock: VirtualClock;
  readonly http: SandboxHttp;
  /** Of the n-th process, counted from 1. */
  readonly random: (start: number) => () => number;
  readonly flags: readonly string[];
  /** Default: nothing is logged. */
  readonly log?: Log;
  /** What never may be and was, in words; to be added to. */
  readonly broken: string[];
  /** Sees each write that reaches the API server, Leases aside; its answer is called when that has done it. */
  readonly writing: (request: ApiRequest) => () => void;
}

export interface Processes {
  silenceWatches(): void;
  /** Ends what runs as by a power cut; another one follows after `downtime`, or none at all. */
  die(downtime: number | undefined): void;
  /** Lets go on what is paused. */
  resume(): void;
}

export type Begin = (surroundings: Surroundings) => Processes;

/** One process at a time, without a Lease: the first dies where `kill` says, another one follows each that has died. */
export function oneMortal(kill?: Kill): Begin {
  return ({ kind, world, clock, http, random, flags, log, writing }) => {
    let process: Process;
    let starts = 0;
    const start = (kill?: Kill): void => {
      starts += 1;
      process = mortalProcess({
        transport: world.api.connect(),
        clock: clock.as('controller'),
        http,
        writing,
        ...(kill === undefined ? {} : { kill }),
        died: (downtime) => void clock.as('player').after(downtime, () => start()),
      });
      // It starts within this call, and is never stopped: it dies.
      void startController(kind, { ...process, random: random(starts), flags, ...(log === undefined ? {} : { log }) });
    };
    start(kill);
    return {
      silenceWatches: () => process.silenceWatches(),
      die: (downtime) => process.die(downtime),
      resume: () => {},
    };
  };
}
