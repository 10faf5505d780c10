/** Flagger's API as a part of the controller process. */
import { alertProviders, canaries, metricTemplates } from '#cluster/resource.ts';
import { startCanaryController } from '#controllers/canary/canary-controller.ts';
import type { ApiPart } from '#main.ts';
import { tellMetricsServer } from '#metrics/metrics-server.ts';
import { canarySettings, type FlaggerFlags } from '../flagger-flags.ts';
import { version } from '../version.ts';

export function flaggerPart(flags: FlaggerFlags, environment: Readonly<Record<string, string | undefined>>): ApiPart {
  const settings = canarySettings(flags, environment);
  return {
    name: 'flagger',
    kinds: [canaries, metricTemplates, alertProviders],
    namespace: settings.namespace,
    ...(flags['enable-leader-election']
      ? {
          lease: {
            name: 'flagger-leader-election',
            namespace: flags.namespace || flags['leader-election-namespace'],
            duration: flags['lease-duration'],
            shards: flags.shards,
          },
        }
      : {}),
    start(context, signal, sharding) {
      // Canaries need not wait for it: each asks its own servers before its first run.
      void tellMetricsServer(settings.metricsServer, context, signal);
      return startCanaryController(context, settings, version, sharding);
    },
  };
}
