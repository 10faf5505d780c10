/** AWS load balancers for Rollouts: weights and header routes in annotations of the user's Ingress. */
import type { Rollout, SetHeaderRoute } from '#api/rollout.ts';
import { ingresses } from '#cluster/resource.ts';
import { RouteError } from '#traffic/router.ts';
import {
  actionKey,
  backendOf,
  conditionsKey,
  forwardAction,
  headerConditions,
  keepingText,
  managedIn,
  withManaged,
  withPaths,
  type Annotations,
  type Ingress,
  type IngressPath,
} from './alb-annotations.ts';
import { albIngresses, albOf, albServices } from './alb-config.ts';
import { verifyAlbWeight, type AlbVerifier } from './alb-verification.ts';
import { noChanges, type LiveRoutes, type RolloutRouter, type RolloutTraffic, type RouteChanges } from './router.ts';
import { existing, managedRouteNames, namespaceOf, stableWeight, writeOf } from './routing-object.ts';

/** With a `verifier`, AWS is asked whether it has taken the weights on. */
export function alb(verifier?: AlbVerifier): RolloutRouter {
  return {
    resources: () => [ingresses],
    updateHash: () => noChanges,
    setWeight: (traffic, live, weight) =>
      ingressChanges(traffic, live, `to desiredWeight '${weight}'`, (ingress) => withWeight(ingress, traffic, weight)),
    setHeaderRoute(traffic, live, step) {
      const { name = '', match = [] } = step;
      return ingressChanges(traffic, live, `to headerRoute '${name}'`, (ingress) =>
        match.length === 0 ? withoutRoutes(ingress, traffic, [name]) : withHeaderRoute(ingress, traffic, step),
      );
    },
    setMirrorRoute: () => noChanges,
    removeManagedRoutes: (traffic, live) =>
      ingressChanges(traffic, live, 'removing managed routes', (ingress) =>
        withoutRoutes(ingress, traffic, managedRouteNames(traffic.rollout)),
      ),
    verifyWeight: () => undefined,
    ...(verifier === undefined
      ? {}
      : {
          verifyOutside: (traffic: RolloutTraffic, live: LiveRoutes, weight: number, signal?: AbortSignal) =>
            verifyAlbWeight(traffic, live, weight, verifier, signal),
        }),
  };
}

/** The writes that make of each Ingress what `change` makes of it, and the event that tells of each. */
function ingressChanges(
  traffic: RolloutTraffic,
  live: LiveRoutes,
  done: string,
  change: (ingress: Ingress) => Ingress,
): RouteChanges {
  const { rollout } = traffic;
  const parts = albIngresses(rollout).map((name): RouteChanges => {
    const ingress: Ingress = existing(live, ingresses, name, namespaceOf(rollout));
    const writes = writeOf(rollout, ingresses, ingress, keepingTexts(ingress, change(ingress)));
    if (writes.length === 0) return noChanges;
    const message = `Updating Ingress \`${name}\` ${done}`;
    return { writes, events: [{ type: 'Normal', reason: 'PatchingALBIngress', message }] };
  });
  return { writes: parts.flatMap(({ writes }) => writes), events: parts.flatMap(({ events }) => events) };
}

function keepingTexts(before: Ingress, after: Ingress): Ingress {
  const annotations = keepingText(annotationsOf(before), annotationsOf(after));
  return { ...after, metadata: { ...after.metadata, annotations } };
}

function annotationsOf({ metadata }: Ingress): Annotations {
  return metadata.annotations ?? {};
}

/** The Ingress with these annotations, on record as this Rollout's; those that are `undefined` it loses. */
function withAnnotations(
  ingress: Ingress,
  rollout: Rollout,
  changes: Readonly<Record<string, string | undefined>>,
): Ingress {
  const { name } = rollout.metadata;
  const texts = Object.entries({ ...annotationsOf(ingress), ...changes });
  const annotations = Object.fromEntries(texts.flatMap(([key, text]) => (text === undefined ? [] : [[key, text]])));
  const known = new Set([...(managedIn(annotations)[name] ?? []), ...Object.keys(changes)]);
  const keys = [...known].filter((key) => annotations[key] !== undefined);
  return { ...ingress, metadata: { ...ingress.metadata, annotations: withManaged(annotations, name, keys) } };
}

function withWeight(ingress: Ingress, traffic: RolloutTraffic, weight: number): Ingress {
  const config = albOf(traffic);
  const { canary, stable } = albServices(traffic);
  const root = config.rootService || stable;
  if (!pathsIn(ingress).some((path) => backendOf(path) === root)) {
    throw new RouteError(`ingress \`${ingress.metadata.name}\` has no rules using service ${root} backend`);
  }
  const group = (service: string, share: number) => ({
    ServiceName: service,
    ServicePort: String(config.servicePort),
    Weight: share,
  });
  const groups = [
    group(canary, weight),
    ...traffic.additional.map(({ serviceName = '', weight: share }) => group(serviceName, share)),
    group(stable, stableWeight(traffic, weight)),
  ];
  const action = forwardAction(groups, config.stickinessConfig);
  return withAnnotations(ingress, traffic.rollout, { [actionKey(config, root)]: action });
}

function withHeaderRoute(ingress: Ingress, traffic: RolloutTraffic, step: SetHeaderRoute): Ingress {
  const { name = '' } = step;
  const config = albOf(traffic);
  const { canary } = albServices(traffic);
  const group = { ServiceName: canary, ServicePort: String(config.servicePort), Weight: 100 };
  const annotated = withAnnotations(ingress, traffic.rollout, {
    [actionKey(config, name)]: forwardAction([group]),
    [conditionsKey(config, name)]: headerConditions(step),
  });
  if (pathsIn(annotated).some((path) => backendOf(path) === name)) return annotated;
  const path = {
    path: '/*',
    pathType: 'ImplementationSpecific',
    backend: { service: { name, port: { name: 'use-annotation' } } },
  };
  const names = managedRouteNames(traffic.rollout);
  const placeOf = (one: IngressPath): number => {
    const at = names.indexOf(backendOf(one) ?? '');
    return at < 0 ? names.length : at;
  };
  return withPaths(annotated, (paths) =>
    [path, ...paths].toSorted((first, second) => placeOf(first) - placeOf(second)),
  );
}

function withoutRoutes(ingress: Ingress, traffic: RolloutTraffic, names: readonly string[]): Ingress {
  const config = albOf(traffic);
  const keys = names.flatMap((name) => [actionKey(config, name), conditionsKey(config, name)]);
  const annotations = annotationsOf(ingress);
  const isThere = keys.some((key) => annotations[key] !== undefined);
  const annotated = isThere
    ? withAnnotations(ingress, traffic.rollout, Object.fromEntries(keys.map((key) => [key, undefined])))
    : ingress;
  return withPaths(annotated, (paths) => paths.filter((path) => !names.includes(backendOf(path) ?? '')));
}

function pathsIn({ spec }: Ingress): readonly IngressPath[] {
  return (spec?.rules ?? []).flatMap(({ http }) => http?.paths ?? []);
}
