/** The kinds that Serin talks about, and where the API server serves them. */
import type { KubeObject, Ref, Resource } from '#api/kubernetes.ts';

const core = (plural: string, kind: string, namespaced = true): Resource => ({
  group: '',
  version: 'v1',
  plural,
  kind,
  namespaced,
});

const grouped = (group: string, version: string, plural: string, kind: string, namespaced = true): Resource => ({
  group,
  version,
  plural,
  kind,
  namespaced,
});

export const services = core('services', 'Service');
export const configMaps = core('configmaps', 'ConfigMap');
export const secrets = core('secrets', 'Secret');
export const events = core('events', 'Event');
export const namespaces = core('namespaces', 'Namespace', false);
export const pods = core('pods', 'Pod');
export const podTemplates = core('podtemplates', 'PodTemplate');

export const deployments = grouped('apps', 'v1', 'deployments', 'Deployment');
export const daemonSets = grouped('apps', 'v1', 'daemonsets', 'DaemonSet');
export const replicaSets = grouped('apps', 'v1', 'replicasets', 'ReplicaSet');
export const horizontalPodAutoscalers = grouped(
  'autoscaling',
  'v2',
  'horizontalpodautoscalers',
  'HorizontalPodAutoscaler',
);
export const jobs = grouped('batch', 'v1', 'jobs', 'Job');
export const scaledObjects = grouped('keda.sh', 'v1alpha1', 'scaledobjects', 'ScaledObject');
export const leases = grouped('coordination.k8s.io', 'v1', 'leases', 'Lease');
export const endpointSlices = grouped('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice');

export const ingresses = grouped('networking.k8s.io', 'v1', 'ingresses', 'Ingress');

export const httpRoutes = grouped('gateway.networking.k8s.io', 'v1', 'httproutes', 'HTTPRoute');
export const grpcRoutes = grouped('gateway.networking.k8s.io', 'v1', 'grpcroutes', 'GRPCRoute');
export const tcpRoutes = (version: string): Resource =>
  grouped('gateway.networking.k8s.io', version, 'tcproutes', 'TCPRoute');
export const tlsRoutes = (version: string): Resource =>
  grouped('gateway.networking.k8s.io', version, 'tlsroutes', 'TLSRoute');
export const apisixRoutes = grouped('apisix.apache.org', 'v2', 'apisixroutes', 'ApisixRoute');
export const virtualServices = (version: string): Resource =>
  grouped('networking.istio.io', version, 'virtualservices', 'VirtualService');
export const destinationRules = (version: string): Resource =>
  grouped('networking.istio.io', version, 'destinationrules', 'DestinationRule');
export const traefikServices = (group: string, version: string): Resource =>
  grouped(group, version, 'traefikservices', 'TraefikService');
export const trafficSplits = (version: string): Resource =>
  grouped('split.smi-spec.io', version, 'trafficsplits', 'TrafficSplit');
export const ambassadorMappings = (group: string, version: string): Resource =>
  group.startsWith('x.')
    ? grouped(group, version, 'ambassadormappings', 'AmbassadorMapping')
    : grouped(group, version, 'mappings', 'Mapping');
export const appMeshVirtualServices = (version: string): Resource =>
  grouped('appmesh.k8s.aws', version, 'virtualservices', 'VirtualService');
export const appMeshVirtualRouters = (version: string): Resource =>
  grouped('appmesh.k8s.aws', version, 'virtualrouters', 'VirtualRouter');
export const appMeshVirtualNodes = (version: string): Resource =>
  grouped('appmesh.k8s.aws', version, 'virtualnodes', 'VirtualNode');
/** `apiVersion` is `GROUP/VERSION`. */
export const targetGroupBindings = (apiVersion: string): Resource => {
  const [group = '', version = ''] = apiVersion.split('/');
  return grouped(group, version, 'targetgroupbindings', 'TargetGroupBinding');
};

export const canaries = grouped('flagger.app', 'v1beta1', 'canaries', 'Canary');
export const metricTemplates = grouped('flagger.app', 'v1beta1', 'metrictemplates', 'MetricTemplate');
export const alertProviders = grouped('flagger.app', 'v1beta1', 'alertproviders', 'AlertProvider');
export const rollouts = grouped('argoproj.io', 'v1alpha1', 'rollouts', 'Rollout');
export const experiments = grouped('argoproj.io', 'v1alpha1', 'experiments', 'Experiment');
export const analysisRuns = grouped('argoproj.io', 'v1alpha1', 'analysisruns', 'AnalysisRun');
export const analysisTemplates = grouped('argoproj.io', 'v1alpha1', 'analysistemplates', 'AnalysisTemplate');
export const clusterAnalysisTemplates = grouped(
  'argoproj.io',
  'v1alpha1',
  'clusteranalysistemplates',
  'ClusterAnalysisTemplate',
  false,
);
export const customResourceDefinitions = grouped(
  'apiextensions.k8s.io',
  'v1',
  'customresourcedefinitions',
  'CustomResourceDefinition',
  false,
);

/** `apps/v1`, or `v1` for the core group: what an object's `apiVersion` says. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** How messages and metrics name a kind: `deployments.apps`, or `services` for the core group. */
export function nameOf(resource: Resource): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

/** The part of a namespaced or cluster-wide path that names one object, a collection (no name) or all namespaces (no ref). */
export interface Place {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

/**
 * The path of one object, of a collection in a namespace (a `place` without a name), or of all objects (no `place`).
 * Throws for a name that would escape its path segment, and for one object of a namespaced kind without a namespace.
 */
export function pathOf(resource: Resource, place: Place = {}, subresource?: string): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  if (place.name !== undefined && resource.namespaced && place.namespace === undefined) {
    throw new Error(
      `Cannot address ${nameOf(resource)} "${place.name}": the kind is namespaced and no namespace is given`,
    );
  }
  const parts = [root];
  if (resource.namespaced && place.namespace !== undefined) parts.push('namespaces', segment(place.namespace));
  parts.push(resource.plural);
  if (place.name !== undefined) parts.push(segment(place.name));
  if (subresource !== undefined) parts.push(subresource);
  return parts.join('/');
}

/** A path segment that names exactly one thing; names come from what users wrote. */
function segment(name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/%]/.test(name)) {
    throw new Error(`Cannot address "${name}": a name must not be empty, "." or "..", nor hold "/" or "%"`);
  }
  return encodeURIComponent(name);
}

/** Where an object lives, as a `Ref`. */
export function refOf(object: KubeObject): Ref {
  const { name, namespace } = object.metadata;
  return namespace === undefined ? { name } : { namespace, name };
}

/** `namespace/name`, or the bare name: unique within a kind, and the key of queues and stores. */
export function keyOf(ref: Ref): string {
  return ref.namespace === undefined || ref.namespace === '' ? ref.name : `${ref.namespace}/${ref.name}`;
}

/** The inverse of `keyOf`. */
export function refOfKey(key: string): Ref {
  const slash = key.indexOf('/');
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
