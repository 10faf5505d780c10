/** The Service Mesh Interface for Rollouts: a TrafficSplit of the Rollout's own. */
import type { KubeObject } from '#api/kubernetes.ts';
import { apiVersionOf, trafficSplits } from '#cluster/resource.ts';
import { RouteError } from '#traffic/router.ts';
import { noChanges, type RolloutRouter, type RolloutTraffic, type RouteChanges } from './router.ts';
import { isControlledBy, namespaceOf, ownedBy, stableWeight, trafficRoutingOf, writeOf } from './routing-object.ts';

/** How each version writes a weight: the first one takes quantities. */
const weightTexts = new Map<string, (weight: number) => number | string>([
  ['v1alpha1', String],
  ['v1alpha2', Number],
  ['v1alpha3', Number],
]);

interface TrafficSplit extends KubeObject {
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** Throws `RouteError` for a version that does not exist. */
export function smi(version: string): RolloutRouter {
  const kind = trafficSplits(version);
  const written = weightTexts.get(version);
  if (written === undefined) throw new RouteError(`Unsupported TrafficSplit API version \`${version}\``);
  return {
    resources: () => [kind],
    updateHash: () => noChanges,
    setWeight(traffic, live, weight): RouteChanges {
      const { rollout } = traffic;
      const namespace = namespaceOf(rollout);
      const name = trafficRoutingOf(rollout)?.smi?.trafficSplitName || rollout.metadata.name;
      const spec = splitSpec(traffic, weight, written);
      const there: TrafficSplit | undefined = live.get(kind, name, namespace);
      if (there === undefined) {
        const metadata = { name, namespace, ownerReferences: [ownedBy(rollout)] };
        const object = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata, spec };
        const message = `TrafficSplit \`${name}\` failed creation: `;
        const refused = { type: 'Warning', reason: 'TrafficSplitNotCreated', message } as const;
        return {
          writes: [{ do: 'create', resource: kind, object, refused }],
          events: [{ type: 'Normal', reason: 'TrafficSplitCreated', message: `TrafficSplit \`${name}\` created` }],
        };
      }
      if (!isControlledBy(there, rollout)) throw new RouteError(`Rollout does not own TrafficSplit \`${name}\``);
      return { writes: writeOf(rollout, kind, there, { ...there, spec: { ...there.spec, ...spec } }), events: [] };
    },
    setHeaderRoute: () => noChanges,
    setMirrorRoute: () => noChanges,
    removeManagedRoutes: () => noChanges,
    verifyWeight: () => undefined,
  };
}

function splitSpec(traffic: RolloutTraffic, weight: number, written: (weight: number) => number | string): object {
  const { rollout, canaryService, stableService, additional } = traffic;
  const backend = (service: string, share: number): object => ({ service, weight: written(share) });
  return {
    service: trafficRoutingOf(rollout)?.smi?.rootService || stableService,
    backends: [
      backend(canaryService, weight),
      ...additional.map(({ serviceName = '', weight: share }) => backend(serviceName, share)),
      backend(stableService, stableWeight(traffic, weight)),
    ],
  };
}
