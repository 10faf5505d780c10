/** The flags of `serin controller flagger`: the original's, and what Serin adds. */
import { defaultCanarySettings, type CanarySettings } from '#controllers/canary/settings.ts';
import { globalAlerts } from './global-alerts.ts';
import { boolFlag, durationFlag, intFlag, klogFlags, listFlag, stringFlag, type FlagValues } from './go-flags.ts';

/** Shorter ones leave no time for an answer that is late. */
const shortestLease = 6_000;
/** Each costs two requests every twelfth of a lease's duration. */
const mostShards = 256;

export const flaggerFlags = {
  ...klogFlags,
  kubeconfig: stringFlag('', 'Path to a kubeconfig; needed outside of a cluster.'),
  master: stringFlag('', 'Address of the API server; overrides that of the kubeconfig.'),
  'kubeconfig-qps': intFlag(
    100,
    'Requests a second to each API group, and of Events; 0: 5, as in client-go; negative: 100 of Events, else what 16 connections carry.',
  ),
  'kubeconfig-burst': intFlag(250, 'Requests that may be saved up.', { from: 1 }),
  'kubeconfig-service-mesh': stringFlag(
    '',
    'Accepted, with a warning: another cluster for the routing objects is not offered yet.',
  ),
  'metrics-server': stringFlag(defaultCanarySettings.metricsServer, 'Prometheus URL.'),
  'control-loop-interval': durationFlag(
    defaultCanarySettings.controlLoopInterval,
    'How often new Canaries and changed intervals are looked for.',
    { above: 0 },
  ),
  'log-level': stringFlag('debug', 'debug, info, warn, error, fatal or panic.'),
  'zap-encoding': stringFlag('json', 'Accepted; logs are always JSON.'),
  'zap-replace-globals': boolFlag(false, 'Accepted without effect.'),
  port: intFlag(8080, 'Port of /metrics and /healthz.', { from: 0, to: 65_535 }),
  'slack-url': stringFlag('', 'Slack webhook of the global alerts.'),
  'slack-token': stringFlag('', 'Slack token; with it the URL is the API of Slack.'),
  'slack-proxy-url': stringFlag('', 'Proxy for Slack.'),
  'slack-user': stringFlag('flagger', 'Name that alerts are sent under.'),
  'slack-channel': stringFlag('', 'Slack channel.'),
  'msteams-url': stringFlag('', 'Microsoft Teams webhook of the global alerts.'),
  'msteams-proxy-url': stringFlag('', 'Proxy for Microsoft Teams.'),
  'event-webhook': stringFlag('', 'Receives the events of Canaries without event hooks.'),
  'include-label-prefix': listFlag([], 'Prefixes of labels and annotations that are copied to primaries; * for all.'),
  threadiness: intFlag(2, 'Accepted without effect: Canaries do not wait for each other.'),
  namespace: stringFlag('', 'Watch one namespace; default all.'),
  'mesh-provider': stringFlag(defaultCanarySettings.meshProvider, 'Provider of Canaries that name none.'),
  'selector-labels': listFlag(
    defaultCanarySettings.selectorLabels,
    "Label keys, of which the first in the target's selector separates primary from canary.",
  ),
  'ingress-annotations-prefix': stringFlag('nginx.ingress.kubernetes.io', 'Prefix of NGINX annotations.'),
  'ingress-class': stringFlag('', 'Class of Contour proxies.'),
  'enable-leader-election': boolFlag(false, 'Work only while holding the Lease.'),
  'leader-election-namespace': stringFlag('kube-system', 'Namespace of the Lease; -namespace replaces it.'),
  'enable-config-tracking': boolFlag(true, 'Start a run when a ConfigMap or Secret of the target changes.'),
  'cluster-name': stringFlag('', 'Shown in alerts.'),
  'no-cross-namespace-refs': boolFlag(false, 'Refuse references to other namespaces.'),
  version: boolFlag(false, 'Print the version and exit.'),
  shards: intFlag(
    1,
    'Serin: how many parts the Canaries are in; replicas share them, one Lease each; needs -enable-leader-election.',
    { from: 1, to: mostShards },
  ),
  'lease-duration': durationFlag(
    60_000,
    'Serin: how long a Lease lasts that is not renewed; after it another replica takes over.',
    { from: shortestLease },
  ),
  'min-analysis-interval': durationFlag(
    defaultCanarySettings.minAnalysisInterval,
    'Serin: shortest analysis interval; shorter ones are lengthened to it.',
    { above: 0 },
  ),
  'traffic-drain': durationFlag(
    defaultCanarySettings.trafficDrain,
    'Serin: how long pods keep running after the data plane has followed a route away from them; 0s: not at all.',
    { from: 0 },
  ),
};

export type FlaggerFlags = FlagValues<typeof flaggerFlags>;

/** What is wrong with the flags about Leases, each of which is right by itself. */
export function leaseProblem({ shards, 'enable-leader-election': elects }: FlaggerFlags): string | undefined {
  return shards > 1 && !elects ? `Cannot set -shards to ${shards}: shards need -enable-leader-election` : undefined;
}

/** What the flags and the environment decide for the controller; a variable that is set wins over its flag. */
export function canarySettings(
  flags: FlaggerFlags,
  environment: Readonly<Record<string, string | undefined>>,
): CanarySettings {
  const { target } = globalAlerts(flags, environment);
  const eventWebhook = environment['EVENT_WEBHOOK_URL'] || flags['event-webhook'];
  return {
    meshProvider: flags['mesh-provider'],
    selectorLabels: flags['selector-labels'],
    includeLabelPrefix: flags['include-label-prefix'],
    noCrossNamespaceRefs: flags['no-cross-namespace-refs'],
    configTracking: flags['enable-config-tracking'],
    metricsServer: flags['metrics-server'],
    controlLoopInterval: flags['control-loop-interval'],
    minAnalysisInterval: flags['min-analysis-interval'],
    trafficDrain: flags['traffic-drain'],
    ...(flags.namespace === '' ? {} : { namespace: flags.namespace }),
    ...(target === undefined ? {} : { globalAlerts: target }),
    ...(flags['cluster-name'] === '' ? {} : { clusterName: flags['cluster-name'] }),
    ...(eventWebhook === '' ? {} : { eventWebhook }),
  };
}
