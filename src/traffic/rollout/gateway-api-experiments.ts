/** Experiments in an HTTPRoute of a Rollout: Services that get a share of the traffic while they run. */
import type { KubeObject } from '#api/kubernetes.ts';
import { services as serviceKind } from '#cluster/resource.ts';
import { hasBackend, type RouteBackend, type RouteRule } from './gateway-api-rules.ts';
import type { LiveRoutes, RolloutTraffic } from './router.ts';
import { namespaceOf } from './routing-object.ts';

interface Service extends KubeObject {
  readonly spec?: { readonly ports?: readonly { readonly name?: string; readonly port: number }[] };
}

/** The Services of a running experiment that requests can be sent to. */
export function experimentBackends(traffic: RolloutTraffic, live: LiveRoutes): readonly RouteBackend[] {
  const namespace = namespaceOf(traffic.rollout);
  return traffic.additional.flatMap(({ serviceName = '', weight }) => {
    const service: Service | undefined = live.get(serviceKind, serviceName, namespace);
    const ports = service?.spec?.ports ?? [];
    const port = (ports.find(({ name }) => name === 'http') ?? ports[0])?.port;
    return port === undefined ? [] : [{ group: '', kind: 'Service', name: serviceName, namespace, port, weight }];
  });
}

/** The rules in whose first one with stable exactly these experiments have a share, at the cost of stable. */
export function withExperiments(
  rules: readonly RouteRule[],
  traffic: RolloutTraffic,
  live: LiveRoutes,
  experiments: readonly RouteBackend[],
): readonly RouteRule[] {
  const { stableService } = traffic;
  const at = rules.findIndex((rule) => hasBackend(rule, stableService));
  const rule = rules[at];
  if (rule === undefined) return rules;
  const isExperiment = (backend: RouteBackend): boolean =>
    experiments.some(({ name }) => name === backend.name) || hasEnded(backend, traffic, live);
  const there = rule.backendRefs ?? [];
  const others = there.filter((backend) => !isExperiment(backend));
  if (experiments.length === 0 && others.length === there.length) return rules;
  const share = experiments.reduce((sum, { weight = 0 }) => sum + weight, 0);
  const backendRefs = others.map((backend) =>
    backend.name === stableService ? { ...backend, weight: Math.max(0, (backend.weight ?? 1) - share) } : backend,
  );
  return rules.with(at, { ...rule, backendRefs: [...backendRefs, ...experiments] });
}

/**
 * The status names the experiments that had traffic. Where it could not be written any more, they are known by the Rollout's name on a
 * Service that is gone, which would fail its share of the requests.
 */
function hasEnded(
  { name, namespace }: RouteBackend,
  { rollout, ...traffic }: RolloutTraffic,
  live: LiveRoutes,
): boolean {
  const recorded = rollout.status?.canary?.weights?.additional ?? [];
  if (recorded.some(({ serviceName }) => serviceName === name)) return true;
  const home = namespaceOf(rollout);
  return (
    name.startsWith(`${rollout.metadata.name}-`) &&
    ![traffic.canaryService, traffic.stableService].includes(name) &&
    namespace === home &&
    live.get(serviceKind, name, home) === undefined
  );
}
