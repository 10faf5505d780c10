/** The controllers under test: the one place where the player of traces meets them. */
import { Registry } from 'prom-client';
import { canarySettings, flaggerFlags } from '#cli/flagger-flags.ts';
import { parseFlags } from '#cli/go-flags.ts';
import { connectCluster } from '#cluster/cluster.ts';
import type { Shards } from '#cluster/sharding.ts';
import { startCanaryController } from '#controllers/canary/canary-controller.ts';
import { defaultAnalysisSettings, startAnalysisController } from '#controllers/analysis/analysis-controller.ts';
import { startExperimentController } from '#controllers/experiment/experiment-controller.ts';
import { startRolloutController } from '#controllers/rollout/rollout-controller.ts';
import { defaultRolloutSettings } from '#controllers/rollout/settings.ts';
import { silentLog, type Log } from '#runtime/log.ts';
import { createRedactor } from '#runtime/redact.ts';
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
  /** Default: nothing is logged. */
  readonly log?: Log;
  /** By which it shares the work with others. */
  readonly shards?: Shards;
}

export interface RunningController {
  /** The controller's metrics. */
  readonly registry?: Registry;
  stop(options?: { readonly grace?: number }): Promise<void>;
}

/** How the original ran while the traces were recorded; Serin's own wait before a scale-down is switched off. */
export const recordedFlags: Readonly<Record<ControllerKind, readonly string[]>> = {
  flagger: ['-mesh-provider=kubernetes', '-control-loop-interval=1s', '-traffic-drain=0s'],
  argo: [],
};

export type StartController = (kind: ControllerKind, deps: ControllerDeps) => Promise<RunningController>;

/** Starts the controller of one API; it works until it is stopped. */
export async function startController(
  kind: ControllerKind,
  deps: ControllerDeps,
): Promise<RunningController & { readonly registry: Registry }> {
  if (kind === 'argo') return startRollouts(deps);
  const flags = parseFlags(flaggerFlags, deps.flags);
  if (!flags.ok)
    throw new Error(`Cannot start the controller: ${flags.help ? 'the flags ask for help' : flags.message}`);
  const { transport, clock, random, http, log = silentLog } = deps;
  const registry = new Registry();
  const cluster = connectCluster({ transport, clock, random, registry, fieldManager: 'flagger' });
  const context = { clock, cluster, http, random, registry, log, redactor: createRedactor() };
  const controller = startCanaryController(context, canarySettings(flags.values, {}), 'test', deps.shards);
  return {
    registry,
    async stop(options) {
      await controller.stop(options);
      await cluster.stop({ grace: 0 });
    },
  };
}

async function startRollouts({ transport, clock, random, http, log = silentLog }: ControllerDeps) {
  const registry = new Registry();
  const cluster = connectCluster({
    transport,
    clock,
    random,
    registry,
    fieldManager: 'rollouts-controller',
    qps: 1_000,
    burst: 1_000,
  });
  const context = { clock, cluster, http, random, registry, log, redactor: createRedactor() };
  const controllers = [
    startRolloutController(context, defaultRolloutSettings),
    startAnalysisController(context, defaultAnalysisSettings),
    startExperimentController(context, defaultAnalysisSettings),
  ];
  return {
    registry,
    async stop() {
      await Promise.all(controllers.map((controller) => controller.stop()));
      await cluster.stop({ grace: 0 });
    },
  };
}
