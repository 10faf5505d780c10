/** The systems that Serin replaces, as they are started on the bed to be recorded, and what of the cluster their recordings hold. */
import type { Resource } from '#api/kubernetes.ts';
import {
  analysisRuns,
  canaries,
  configMaps,
  daemonSets,
  deployments,
  events,
  experiments,
  horizontalPodAutoscalers,
  httpRoutes,
  ingresses,
  replicaSets,
  rollouts,
  secrets,
  services,
} from '#cluster/resource.ts';
import type { Bed } from '../../bed/bed.ts';
import type { Child } from '../../bed/children.ts';
import { type OriginalName, originalProgram } from '../../bench/original-program.ts';

interface Original {
  readonly recorded: readonly Resource[];
  /** Limits of requests far above the defaults: what is recorded is what it decides, not how long it stands in line. */
  flags(bed: Bed, metricServer: string): readonly string[];
}

export const originals: Readonly<Record<OriginalName, Original>> = {
  'argo-rollouts': {
    recorded: [
      rollouts,
      analysisRuns,
      experiments,
      replicaSets,
      services,
      ingresses,
      deployments,
      horizontalPodAutoscalers,
      configMaps,
      secrets,
      events,
    ],
    flags: (bed) => [
      `--kubeconfig=${bed.kubeconfigOf('argo-rollouts')}`,
      '--leader-elect=false',
      '--qps=500',
      '--burst=1000',
    ],
  },
  flagger: {
    recorded: [
      canaries,
      deployments,
      daemonSets,
      services,
      httpRoutes,
      ingresses,
      horizontalPodAutoscalers,
      configMaps,
      secrets,
      events,
    ],
    flags: (bed, metricServer) => [
      `-kubeconfig=${bed.kubeconfigOf('flagger')}`,
      `-metrics-server=${metricServer}`,
      '-mesh-provider=kubernetes',
      // A new Canary has its first tick within a second.
      '-control-loop-interval=1s',
      '-kubeconfig-qps=500',
      '-kubeconfig-burst=1000',
    ],
  },
};

/** `program`: another version than the one that the benchmarks pin. */
export async function startOriginal(
  bed: Bed,
  name: OriginalName,
  { metricServer, program }: { readonly metricServer: string; readonly program: string | undefined },
): Promise<Child> {
  const file = program ?? (await originalProgram(name, (line) => console.error(line)));
  if (file === undefined) throw new Error(`Cannot record ${name}: it cannot be built here`);
  return bed.children.start(name, file, originals[name].flags(bed, metricServer));
}
