/** Whether an AWS load balancer has taken on what the annotations of its Ingresses ask for. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { AlbStatus, Rollout } from '#api/rollout.ts';
import { ingresses } from '#cluster/resource.ts';
import { albIngresses, albServices } from './alb-config.ts';
import { fullNameOf, type LoadBalancer, type LoadBalancers, type TargetGroup } from './load-balancers.ts';
import type { LiveRoutes, OutsideVerification, RolloutTraffic } from './router.ts';
import { existing, namespaceOf, totalWeight, trafficRoutingOf } from './routing-object.ts';

export interface AlbVerifier {
  readonly balancers: LoadBalancers;
  /** Of the tag that names what a target group is for: `--alb-tag-key-resource-id`. */
  readonly tag: string;
}

interface Ingress extends KubeObject {
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly hostname?: string }[] } };
}

/** Whether the weight is worth asking AWS for: amid an update, at a step that sets it or when the canary has everything. */
export function needsVerification({ spec, status = {} }: Rollout, weight: number, all: number): boolean {
  const { stableRS = '', currentPodHash = '', currentStepIndex = 0 } = status;
  if (stableRS === '' || stableRS === currentPodHash) return false;
  return spec.strategy?.canary?.steps?.[currentStepIndex]?.setWeight !== undefined || weight === all;
}

/** `undefined` when it needs no answer. Throws what AWS answers in place of one. */
export async function verifyAlbWeight(
  traffic: RolloutTraffic,
  live: LiveRoutes,
  weight: number,
  verifier: AlbVerifier,
  signal?: AbortSignal,
): Promise<OutsideVerification | undefined> {
  const { rollout } = traffic;
  if (!needsVerification(rollout, weight, totalWeight(rollout))) return undefined;
  const answers: OutsideVerification[] = [];
  for (const name of albIngresses(rollout)) {
    const ingress: Ingress = existing(live, ingresses, name, namespaceOf(rollout));
    const hostnames = (ingress.status?.loadBalancer?.ingress ?? []).flatMap(({ hostname }) => hostname ?? []);
    if (hostnames.length === 0)
      answers.push(notFound(`Failed to find load balancer: Ingress ${name} has none in its status`));
    for (const hostname of hostnames) {
      answers.push(await verifyBalancer(traffic, name, hostname, weight, verifier, signal));
    }
  }
  return {
    verified: answers.every(({ verified }) => verified),
    events: answers.flatMap(({ events }) => events),
    albs: answers.flatMap(({ albs }) => albs),
  };
}

async function verifyBalancer(
  traffic: RolloutTraffic,
  ingress: string,
  hostname: string,
  weight: number,
  { balancers, tag }: AlbVerifier,
  signal: AbortSignal | undefined,
): Promise<OutsideVerification> {
  const balancer = await balancers.find(hostname, signal);
  if (balancer === undefined) {
    return notFound(`Failed to find load balancer: ${hostname}`);
  }
  const [groups, splits] = await Promise.all([
    balancers.targetGroups(balancer, signal),
    balancers.splits(balancer, signal),
  ]);
  const { servicePort = 0 } = trafficRoutingOf(traffic.rollout)?.alb ?? {};
  const resourceOf = (service: string): string =>
    `${namespaceOf(traffic.rollout)}/${ingress}-${service}:${servicePort}`;
  const groupOf = (service: string): TargetGroup | undefined =>
    groups.find(({ tags }) => tags[tag] === resourceOf(service));
  const { canary, stable } = albServices(traffic);
  const stableGroup = groupOf(stable);
  // A header route sends everything to the canary; the rules with stable are those that have the weights.
  const shared = splits.filter((split) => split.some(({ arn }) => arn === stableGroup?.arn));
  const wanted = [
    { service: canary, weight },
    ...traffic.additional.map(({ serviceName = '', weight: share }) => ({ service: serviceName, weight: share })),
  ];
  const checks = wanted.map((one) => {
    const group = groupOf(one.service);
    return group === undefined
      ? unverified(`Service ${one.service} not verified: no TargetGroup has the tag ${tag}=${resourceOf(one.service)}`)
      : weightCheck(one, group, shared);
  });
  return {
    verified: checks.every(({ verified }) => verified),
    events: checks.flatMap(({ events }) => events),
    albs: [albStatus(balancer, ingress, groupOf(canary), stableGroup)],
  };
}

type Check = Pick<OutsideVerification, 'verified' | 'events'>;

function notFound(message: string): OutsideVerification {
  return { verified: false, events: [{ type: 'Warning', reason: 'LoadBalancerNotFound', message }], albs: [] };
}

function unverified(message: string): Check {
  return { verified: false, events: [{ type: 'Warning', reason: 'TargetGroupUnverified', message }] };
}

function weightCheck(
  { service, weight }: { readonly service: string; readonly weight: number },
  group: TargetGroup,
  splits: Awaited<ReturnType<LoadBalancers['splits']>>,
): Check {
  const weights = splits.map((split) => split.find(({ arn }) => arn === group.arn)?.weight ?? 0);
  const other = weights.find((found) => found !== weight);
  const what = `Service ${service} (TargetGroup ${group.arn})`;
  if (weights.length > 0 && other === undefined) {
    const message = `${what} verified: canary weight ${weight} set`;
    return { verified: true, events: [{ type: 'Normal', reason: 'TargetGroupVerified', message }] };
  }
  return unverified(`${what} not verified: canary weight ${weight} not yet set (current: ${other ?? 0})`);
}

function albStatus(
  balancer: LoadBalancer,
  ingress: string,
  canary: TargetGroup | undefined,
  stable: TargetGroup | undefined,
): AlbStatus {
  const named = ({ name, arn }: LoadBalancer): NonNullable<AlbStatus['loadBalancer']> => ({
    name,
    arn,
    fullName: fullNameOf(arn),
  });
  return {
    loadBalancer: named(balancer),
    ...(canary === undefined ? {} : { canaryTargetGroup: named(canary) }),
    ...(stable === undefined ? {} : { stableTargetGroup: named(stable) }),
    ingress,
  };
}
