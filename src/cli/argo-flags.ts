/** The flags of `serin controller argo-rollouts`: the original's, and what follows from them. */
import type { AnalysisSettings } from '#controllers/analysis/analysis-controller.ts';
import type { RolloutSettings } from '#controllers/rollout/settings.ts';
import { instanceSelector } from '#controllers/rollout/caches.ts';
import { defaultRouterOptions } from '#traffic/rollout/routers.ts';
import { boolFlag, durationFlag, intFlag, repeatedFlag, stringFlag, type FlagValues } from './go-flags.ts';
import { ownNamespace } from './own-namespace.ts';
import { version } from './version.ts';

const accepted = 'Accepted without effect: nothing waits for a worker here.';

export const argoFlags = {
  kubeconfig: stringFlag('', 'Path to a kubeconfig; needed outside of a cluster.'),
  context: stringFlag('', 'Context of the kubeconfig.'),
  cluster: stringFlag('', 'Cluster of the kubeconfig.'),
  user: stringFlag('', 'User of the kubeconfig.'),
  token: stringFlag('', 'Bearer token for the API server.'),
  username: stringFlag('', 'User name for the API server, where it asks for name and password.'),
  password: stringFlag('', 'Password that belongs to the user name.'),
  'certificate-authority': stringFlag('', 'File with the certificates that the API server is checked against.'),
  'client-certificate': stringFlag('', 'File with a client certificate.'),
  'client-key': stringFlag('', 'File with the key of the client certificate.'),
  'insecure-skip-tls-verify': boolFlag(false, 'Do not check the certificate of the API server.'),
  'tls-server-name': stringFlag('', "Name that the API server's certificate must be valid for."),
  'proxy-url': stringFlag('', 'Proxy on the way to the API server: an http, https or socks5 URL.'),
  'request-timeout': stringFlag('0', 'Accepted without effect: every request has a limit.'),
  'disable-compression': boolFlag(false, 'Accepted without effect: answers are never compressed.'),
  as: stringFlag('', 'User to act as.'),
  'as-group': repeatedFlag([], 'Group to act as; may be given again.'),
  'as-uid': stringFlag('', 'UID to act as.'),
  server: stringFlag('', 'Address of the API server; overrides that of the kubeconfig.'),
  namespace: stringFlag('', 'The namespace that --namespaced watches.'),
  n: stringFlag('', ''),
  'rollout-resync': intFlag(900, 'Accepted without effect: deadlines have timers of their own.'),
  namespaced: boolFlag(false, 'Watch one namespace alone; ClusterAnalysisTemplates are not read then.'),
  'instance-id': stringFlag('', 'Work on what has this label alone; without it on what has none.'),
  'rollout-threads': intFlag(10, 'Rollouts that are worked on at the same time.', { from: 1 }),
  'experiment-threads': intFlag(10, accepted),
  'analysis-threads': intFlag(30, accepted),
  'service-threads': intFlag(10, accepted),
  'ingress-threads': intFlag(10, accepted),
  'ephemeral-metadata-threads': intFlag(10, accepted),
  'ephemeral-metadata-update-pod-retries': intFlag(3, accepted),
  metricsPort: intFlag(8090, 'Port of /metrics.', { from: 0, to: 65_535 }),
  metricsport: intFlag(8090, ''),
  healthzPort: intFlag(8080, 'Port of /healthz.', { from: 0, to: 65_535 }),
  qps: intFlag(
    -1,
    'Requests a second to each API group, and of Events; 0: 5, as in client-go; negative: 100 of Events, else what 16 connections carry.',
  ),
  burst: intFlag(250, 'Requests that may be saved up.', { from: 1 }),
  'leader-elect': boolFlag(true, 'Work only while holding the Lease.'),
  'leader-election-lease-duration': durationFlag(15_000, 'How long a Lease lasts that is not renewed.', {
    from: 6_000,
  }),
  'leader-election-renew-deadline': durationFlag(10_000, accepted),
  'leader-election-retry-period': durationFlag(2_000, accepted),
  'istio-api-version': stringFlag(defaultRouterOptions.istioApiVersion, 'Version of the Istio API.'),
  'ambassador-api-version': stringFlag(defaultRouterOptions.ambassadorApiVersion, 'Group and version of Mappings.'),
  'traffic-split-api-version': stringFlag(defaultRouterOptions.trafficSplitApiVersion, 'Version of TrafficSplits.'),
  'traefik-api-group': stringFlag(defaultRouterOptions.traefikApiGroup, 'Group of TraefikServices.'),
  'traefik-api-version': stringFlag(defaultRouterOptions.traefikApiVersion, 'Group and version of TraefikServices.'),
  'ingress-api-version': stringFlag('auto', 'Accepted: Ingresses are those of networking.k8s.io/v1.'),
  'appmesh-crd-version': stringFlag(defaultRouterOptions.appMeshCrdVersion, 'Version of the App Mesh API.'),
  'aws-target-group-binding-api-version': stringFlag(
    'elbv2.k8s.aws/v1beta1',
    'Group and version of TargetGroupBindings.',
  ),
  'alb-tag-key-resource-id': stringFlag('ingress.k8s.aws/resource', 'Tag that says what a target group is for.'),
  'alb-ingress-classes': repeatedFlag(['alb'], 'Classes whose Ingresses are cleaned when their Rollout has gone.'),
  'nginx-ingress-classes': repeatedFlag(['nginx'], 'Accepted without effect: an Ingress is found by its name.'),
  'aws-verify-target-group': boolFlag(false, 'Ask AWS for weights and pods before old pods go.'),
  'alb-verify-weight': boolFlag(false, ''),
  'allow-local-addresses': boolFlag(
    false,
    "Let metrics of analyses ask this machine, link-local addresses and clouds' metadata.",
  ),
  'self-service-notification-enabled': boolFlag(false, 'Accepted: notifications come later.'),
  controllers: stringFlag('', 'Run this controller alone; only analysis can be.'),
  'enable-pprof-address': stringFlag('', 'Accepted without effect.'),
  loglevel: stringFlag('info', 'debug, info, warn, error, fatal or panic.'),
  logformat: stringFlag('json', 'Accepted; logs are always JSON.'),
  kloglevel: stringFlag('0', ''),
  version: boolFlag(false, 'Print the version and exit.'),
};

export type ArgoFlags = FlagValues<typeof argoFlags>;

type Environment = Readonly<Record<string, string | undefined>>;

/** What is wrong with flags each of which is right by itself. */
export function argoProblem({ controllers, token, username }: ArgoFlags): string | undefined {
  if (controllers !== '' && controllers !== 'analysis') return `unsupported controller: ${controllers}`;
  return token !== '' && username !== '' ? 'Cannot use --token and --username together: choose one' : undefined;
}

/** The namespace that is watched; `undefined`: all. */
function watched(flags: ArgoFlags, environment: Environment): { readonly namespace?: string } {
  return flags.namespaced ? { namespace: flags.namespace || flags.n || ownNamespace(environment) } : {};
}

/** Whether AWS is asked what its load balancers do. */
export function asksAws(flags: ArgoFlags): boolean {
  return flags['aws-verify-target-group'] || flags['alb-verify-weight'];
}

const verifyInterval = 'ROLLOUT_VERIFY_RETRY_INTERVAL';

/** What in the environment cannot be used. */
export function argoWarnings(environment: Environment): readonly string[] {
  const text = environment[verifyInterval];
  return text === undefined || text === '' || verifyAgainIn(environment).verifyAgainIn !== undefined
    ? []
    : [`Cannot use ${verifyInterval}=${text}: it must be a number of seconds from 1 on; the default of 10 holds`];
}

function verifyAgainIn(environment: Environment): { readonly verifyAgainIn?: number } {
  const text = environment[verifyInterval] ?? '';
  return /^[1-9]\d{0,5}$/.test(text) ? { verifyAgainIn: Number(text) * 1_000 } : {};
}

export function rolloutSettings(flags: ArgoFlags, environment: Environment): RolloutSettings {
  const instanceId = flags['instance-id'];
  return {
    ...watched(flags, environment),
    ownNamespace: ownNamespace(environment),
    ...(instanceId === '' ? {} : { instanceId }),
    concurrency: flags['rollout-threads'],
    ...verifyAgainIn(environment),
    targetGroupBindingApiVersion: flags['aws-target-group-binding-api-version'],
    albIngressClasses: flags['alb-ingress-classes'],
    build: { version: `v${version}+serin`, runtime: process.version, architecture: process.arch },
    routers: {
      ...defaultRouterOptions,
      istioApiVersion: flags['istio-api-version'],
      ambassadorApiVersion: flags['ambassador-api-version'],
      trafficSplitApiVersion: flags['traffic-split-api-version'],
      traefikApiGroup: flags['traefik-api-group'],
      traefikApiVersion: flags['traefik-api-version'],
      appMeshCrdVersion: flags['appmesh-crd-version'],
    },
  };
}

export function analysisSettings(flags: ArgoFlags, environment: Environment): AnalysisSettings {
  const instanceId = flags['instance-id'];
  return {
    ...watched(flags, environment),
    labelSelector: instanceSelector(instanceId === '' ? undefined : instanceId),
    ownNamespace: ownNamespace(environment),
    env: environment,
    refuseLocalAddresses: !flags['allow-local-addresses'],
  };
}
