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

/** The rules in whose first one with canary or stable exactly these experiments have a share, at the cost of stable. */
export function withExperiments(
  rules: readonly RouteRule[],
  traffic: RolloutTraffic,
  experiments: readonly RouteBackend[],
): readonly RouteRule[] {
  const { canaryService, stableService, rollout } = traffic;
  const ended = (rollout.status?.canary?.weights?.additional ?? []).map(({ serviceName }) => serviceName);
  const at = rules.findIndex((rule) => hasBackend(rule, canaryService) || hasBackend(rule, stableService));
  const rule = rules[at];
  if (rule === undefined || ended.length + experiments.length === 0) return rules;
  const share = experiments.reduce((sum, { weight = 0 }) => sum + weight, 0);
  const isExperiment = ({ name }: RouteBackend): boolean =>
    ended.includes(name) || experiments.some((experiment) => experiment.name === name);
  const backendRefs = (rule.backendRefs ?? [])
    .filter((backend) => !isExperiment(backend))
    .map((backend) =>
      backend.name === stableService ? { ...backend, weight: Math.max(0, (backend.weight ?? 1) - share) } : backend,
    );
  return rules.with(at, { ...rule, backendRefs: [...backendRefs, ...experiments] });
}
