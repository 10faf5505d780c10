/** The nginx ingress controller for Rollouts: a second Ingress beside each of the user's takes the canary's share. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { NginxRouting, Rollout } from '#api/rollout.ts';
import { apiVersionOf, ingresses } from '#cluster/resource.ts';
import { RouteError } from '#traffic/router.ts';
import { noChanges, type LiveRoutes, type RolloutRouter, type RolloutTraffic, type RouteChanges } from './router.ts';
import {
  classAnnotation,
  existing,
  isControlledBy,
  namespaceOf,
  ownedBy,
  trafficRoutingOf,
  writeOf,
} from './routing-object.ts';

interface IngressPath {
  readonly backend?: { readonly service?: { readonly name: string } };
  readonly [field: string]: unknown;
}

interface IngressRule {
  readonly http?: { readonly paths?: readonly IngressPath[] };
  readonly [field: string]: unknown;
}

interface Ingress extends KubeObject {
  readonly spec?: {
    readonly ingressClassName?: string;
    readonly tls?: unknown;
    readonly rules?: readonly IngressRule[];
  };
}

const canarySuffix = '-canary';
const longestName = 253;

export const nginx: RolloutRouter = {
  resources: () => [ingresses],
  updateHash: () => noChanges,
  setWeight(traffic, live, weight) {
    const config = trafficRoutingOf(traffic.rollout)?.nginx ?? {};
    const names = [
      ...(config.stableIngresses ?? []),
      ...(config.stableIngress === undefined ? [] : [config.stableIngress]),
    ];
    const parts = names.map((name) => canaryIngressChanges(traffic, live, config, name, weight));
    return { writes: parts.flatMap(({ writes }) => writes), events: parts.flatMap(({ events }) => events) };
  },
  setHeaderRoute: () => noChanges,
  setMirrorRoute: () => noChanges,
  removeManagedRoutes: () => noChanges,
  verifyWeight: () => undefined,
};

/** What the canary Ingress beside an Ingress is called. */
export function canaryIngressName(rollout: string, stableIngress: string): string {
  return `${rollout}-${stableIngress}`.slice(0, longestName - canarySuffix.length) + canarySuffix;
}

function canaryIngressChanges(
  traffic: RolloutTraffic,
  live: LiveRoutes,
  config: NginxRouting,
  stableName: string,
  weight: number,
): RouteChanges {
  const { rollout } = traffic;
  const stable: Ingress = existing(live, ingresses, stableName, namespaceOf(rollout));
  const name = canaryIngressName(rollout.metadata.name, stableName);
  const spec = canarySpec(traffic, stable);
  const annotations = canaryAnnotations(rollout, config, stable, weight);
  const there = live.get(ingresses, name, namespaceOf(rollout));
  if (there === undefined) {
    const metadata = { name, namespace: namespaceOf(rollout), annotations, ownerReferences: [ownedBy(rollout)] };
    const object = { apiVersion: apiVersionOf(ingresses), kind: ingresses.kind, metadata, spec };
    const message = `Creating canary ingress \`${name}\` with weight \`${weight}\``;
    return {
      writes: [{ do: 'create', resource: ingresses, object }],
      events: [{ type: 'Normal', reason: 'CreatingCanaryIngress', message }],
    };
  }
  if (!isControlledBy(there, rollout)) {
    throw new RouteError(`canary ingress \`${name}\` controlled by different object`);
  }
  // A total that nobody asks for any more would make the weight a share of something else.
  const { [`${prefixOf(config)}/canary-weight-total`]: _, ...kept } = there.metadata.annotations ?? {};
  const wanted = { ...there, metadata: { ...there.metadata, annotations: { ...kept, ...annotations } }, spec };
  const writes = writeOf(rollout, ingresses, there, wanted);
  if (writes.length === 0) return noChanges;
  const message = `Updating Ingress \`${name}\` to desiredWeight '${weight}'`;
  return { writes, events: [{ type: 'Normal', reason: 'PatchingCanaryIngress', message }] };
}

function prefixOf({ annotationPrefix }: NginxRouting): string {
  return annotationPrefix || 'nginx.ingress.kubernetes.io';
}

function canaryAnnotations(
  rollout: Rollout,
  config: NginxRouting,
  stable: Ingress,
  weight: number,
): Readonly<Record<string, string>> {
  const prefix = prefixOf(config);
  const className = stable.metadata.annotations?.[classAnnotation];
  const total = trafficRoutingOf(rollout)?.maxTrafficWeight;
  const additional = Object.entries(config.additionalIngressAnnotations ?? {}).map(([key, value]) => [
    key.startsWith(prefix) ? key : `${prefix}/${key}`,
    value,
  ]);
  return {
    ...(className === undefined ? {} : { [classAnnotation]: className }),
    ...Object.fromEntries(additional),
    ...config.canaryIngressAnnotations,
    [`${prefix}/canary`]: 'true',
    [`${prefix}/canary-weight`]: String(weight),
    ...(total === undefined ? {} : { [`${prefix}/canary-weight-total`]: String(total) }),
  };
}

/** The spec of the Ingress with the canary in the place of stable, without the rules that have nothing to do with it. */
function canarySpec({ canaryService, stableService }: RolloutTraffic, stable: Ingress): NonNullable<Ingress['spec']> {
  const { ingressClassName, tls, rules = [] } = stable.spec ?? {};
  const isStable = ({ backend }: IngressPath): boolean => backend?.service?.name === stableService;
  const canaryPath = (path: IngressPath): IngressPath =>
    isStable(path)
      ? { ...path, backend: { ...path.backend, service: { ...path.backend?.service, name: canaryService } } }
      : path;
  const canaryRules = rules
    .filter(({ http }) => http?.paths?.some(isStable))
    .map((rule) => ({ ...rule, http: { ...rule.http, paths: (rule.http?.paths ?? []).map(canaryPath) } }));
  if (canaryRules.length === 0) {
    const { name } = stable.metadata;
    throw new RouteError(`ingress \`${name}\` has no rules using service ${stableService} backend`);
  }
  return {
    ...(ingressClassName === undefined ? {} : { ingressClassName }),
    ...(tls === undefined ? {} : { tls }),
    rules: canaryRules,
  };
}
