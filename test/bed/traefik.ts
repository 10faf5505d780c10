/** Traefik as the implementation of the Gateway API, and of its own kinds when wanted: the real data plane in front of the Pods. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { isRecord } from '#cluster/kube-object.ts';

import { applyObjects } from './apply.ts';
import type { BedApi } from './bed-api.ts';
import type { Children } from './children.ts';
import type { ControlPlane } from './control-plane.ts';
import { programFile } from './programs.ts';
import { waitFor } from './wait-for.ts';

const ip = '10.244.0.3';
const metricsAddress = `${ip}:8081`;
const namespace = 'gateway-system';
const name = 'gateway';

const gateways: Resource = {
  group: 'gateway.networking.k8s.io',
  version: 'v1',
  plural: 'gateways',
  kind: 'Gateway',
  namespaced: true,
};

export interface Gateway {
  /** Where clients send requests; routes are told apart by the Host header. */
  readonly url: string;
  readonly metricsAddress: string;
  /** What an HTTPRoute names as its parent. */
  readonly parentRef: { readonly name: string; readonly namespace: string };
}

export interface TraefikOptions {
  readonly api: BedApi;
  readonly children: Children;
  readonly plane: ControlPlane;
  /** Whether it serves IngressRoutes and TraefikServices too; needs their definitions. */
  readonly ownKinds: boolean;
}

/** Needs the Gateway API's definitions. Resolves when the Gateway is programmed. */
export async function startTraefik({ api, children, plane, ownKinds }: TraefikOptions): Promise<Gateway> {
  await applyObjects(api, gatewayObjects());
  // `providersThrottleDuration` is left at its 2 s: routes that arrive in between wait, as in production.
  children.start('traefik', programFile('traefik'), [
    `--entrypoints.web.address=${ip}:80`,
    `--entrypoints.metrics.address=${metricsAddress}`,
    '--metrics.prometheus=true',
    '--metrics.prometheus.entryPoint=metrics',
    '--metrics.prometheus.addRoutersLabels=true',
    ...providerFlags('kubernetesgateway', plane),
    ...(ownKinds ? providerFlags('kubernetescrd', plane) : []),
    `--providers.kubernetesgateway.statusaddress.ip=${ip}`,
    '--global.checknewversion=false',
    '--global.sendanonymoususage=false',
    '--log.level=INFO',
  ]);
  await waitFor('the Gateway to be programmed', async () => isProgrammed(await api.get(gateways, { namespace, name })));
  return { url: `http://${ip}`, metricsAddress, parentRef: { name, namespace } };
}

function providerFlags(provider: string, plane: ControlPlane): string[] {
  return [
    `--providers.${provider}=true`,
    `--providers.${provider}.endpoint=${plane.url}`,
    `--providers.${provider}.token=${plane.tokenOf('traefik')}`,
    `--providers.${provider}.certauthfilepath=${plane.caFile}`,
  ];
}

function gatewayObjects(): KubeObject[] {
  const apiVersion = 'gateway.networking.k8s.io/v1';
  const listener = { name: 'web', port: 80, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } } };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    {
      apiVersion,
      kind: 'GatewayClass',
      metadata: { name: 'traefik' },
      spec: { controllerName: 'traefik.io/gateway-controller' },
    },
    {
      apiVersion,
      kind: 'Gateway',
      metadata: { name, namespace },
      spec: { gatewayClassName: 'traefik', listeners: [listener] },
    },
  ];
}

function isProgrammed(gateway: KubeObject | undefined): boolean {
  const status = isRecord(gateway?.['status']) ? gateway['status'] : {};
  const conditions = Array.isArray(status['conditions']) ? status['conditions'] : [];
  return conditions.some((condition) => condition.type === 'Programmed' && condition.status === 'True');
}
