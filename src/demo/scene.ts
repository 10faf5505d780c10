/** What there is to see of the show at one moment: where the Canary stands, what was said about it, what its users got. */
import type { KubeObject } from '#api/kubernetes.ts';
import { parseCanary, type Canary } from '#api/canary.ts';
import type { Workload } from '#api/workload.ts';
import type { Cluster } from '#cluster/cluster.ts';
import type { Clock } from '#runtime/clock.ts';
import { canaries, deployments, events, httpRoutes } from '#cluster/resource.ts';
import { appName, namespace } from './manifests.ts';
import type { UserCounts } from './users.ts';

export interface ToldEvent {
  readonly at: number;
  readonly warning: boolean;
  readonly message: string;
}

/** A Canary as one line can show it. */
export interface CanaryScene {
  readonly name: string;
  readonly phase: string;
  /** The canary's share of the traffic in percent, as the route has it: a status follows what was done. */
  readonly weight: number;
  readonly failedChecks: number;
  readonly threshold: number;
  readonly draining: boolean;
  /** What the primary runs, and what it would be replaced with. */
  readonly versions: { readonly primary: string; readonly canary: string };
}

export interface Scene {
  readonly canaries: readonly CanaryScene[];
  readonly users: UserCounts;
}

export interface Watching {
  scene(users: UserCounts): Scene;
  /** The demo's own Canary; `undefined` until it is there. */
  canary(): Canary | undefined;
  /** Each event about a Canary, repeated ones again. Returns the function that ends it, as `onMove` does. */
  onEvent(handler: (event: ToldEvent) => void): () => void;
  /** A Canary or its route has changed. */
  onMove(handler: () => void): () => void;
}

export function watchShow({ stores }: Cluster, clock: Clock): Watching {
  const canaryStore = stores.of(canaries);
  const deploymentStore = stores.of(deployments);
  const routeStore = stores.of(httpRoutes);
  const eventStore = stores.of(events);

  const versionOf = (name: string, of: string | undefined): string => {
    const ref = { name, ...(of === undefined ? {} : { namespace: of }) };
    const workload = deploymentStore.get(ref) as Workload | undefined; // what the API server serves under that kind
    return workload?.spec.template.spec.containers[0]?.image?.split(':')[1] ?? '?';
  };
  const sceneOf = ({ metadata, spec, status }: Canary): CanaryScene => ({
    name: `${metadata.name}.${metadata.namespace}`,
    phase: status?.phase || 'New',
    weight: weightOf(routeStore.get({ ...metadata, name: spec.service?.name ?? spec.targetRef.name })),
    failedChecks: status?.failedChecks ?? 0,
    threshold: Math.max(1, spec.analysis.threshold ?? 1),
    draining: status?.draining !== undefined,
    versions: {
      primary: versionOf(`${spec.targetRef.name}-primary`, metadata.namespace),
      canary: versionOf(spec.targetRef.name, metadata.namespace),
    },
  });
  const canary = (): Canary | undefined => parsed(canaryStore.get({ namespace, name: appName }));
  return {
    scene: (users) => ({
      canaries: [...canaryStore.list()].flatMap((object) => parsed(object) ?? []).map(sceneOf),
      users,
    }),
    canary,
    onEvent: (handler) =>
      eventStore.onChange((before, after) => {
        if (after === undefined || countOf(before) >= countOf(after) || !isAboutCanary(after)) return;
        handler({ at: clock.now(), warning: after['type'] === 'Warning', message: messageOf(after) });
      }),
    onMove(handler) {
      const stops = [canaryStore.onChange(handler), routeStore.onChange(handler)];
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}

function parsed(object: KubeObject | undefined): Canary | undefined {
  if (object === undefined) return undefined;
  const read = parseCanary(object);
  return read.ok ? read.canary : undefined;
}

interface HttpRoute extends KubeObject {
  readonly spec: {
    readonly rules?: readonly {
      readonly backendRefs?: readonly { readonly name: string; readonly weight?: number }[];
    }[];
  };
}

function weightOf(route: KubeObject | undefined): number {
  const { rules = [] } = (route as HttpRoute | undefined)?.spec ?? {}; // what the API server serves under that kind
  return rules[0]?.backendRefs?.find(({ name }) => name.endsWith('-canary'))?.weight ?? 0;
}

function countOf(event: KubeObject | undefined): number {
  return event === undefined ? 0 : Number(event['count'] ?? 1);
}

/** After ten events of one Canary in ten minutes the next ones are folded into one, as every Kubernetes client does. */
function messageOf(event: KubeObject): string {
  return String(event['message']).replace(/^\(combined from similar events\): /, '');
}

function isAboutCanary(event: KubeObject): boolean {
  const about = (event['involvedObject'] ?? {}) as { kind?: string }; // an Event's schema
  return about.kind === 'Canary';
}
