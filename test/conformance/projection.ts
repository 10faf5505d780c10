/** What a trace shows of each kind of object: the fields that tell a release's story, without noise. */
import type { KubeObject } from '#api/kubernetes.ts';
import { canonical, dig, digList, digRecord, digText, isEmpty, type Json } from './json.ts';
import { firstImage, ownAnnotations, owners, pick } from './object-parts.ts';
import { projectAnalysisRun, projectExperiment, projectReplicaSet, projectRollout } from './rollout-projection.ts';

/** The visible fields of one object at one moment. Absent and empty fields are left out. */
export type State = Json;

type Project = (object: KubeObject) => Json | undefined;

const projections: Readonly<Record<string, Project>> = {
  Canary: projectCanary,
  Rollout: projectRollout,
  AnalysisRun: projectAnalysisRun,
  Experiment: projectExperiment,
  ReplicaSet: projectReplicaSet,
  Deployment: projectWorkload,
  DaemonSet: projectWorkload,
  Service: projectService,
  HTTPRoute: projectHttpRoute,
  Ingress: projectIngress,
  HorizontalPodAutoscaler: projectAutoscaler,
  ConfigMap: projectData,
  Secret: projectData,
};

/** The state of an object, `undefined` for objects and kinds that a trace does not show. */
export function project(object: KubeObject): State | undefined {
  const fields = projections[object.kind]?.(object);
  return fields && withoutEmpty(fields);
}

/** What follows the pods shows how fast a cluster is; it counts at settled moments only. */
export const podFields: ReadonlySet<string> = new Set([
  'replicas',
  'readyReplicas',
  'availableReplicas',
  'updatedReplicas',
  'HPAReplicas',
  'replicasObserved',
  'status.available',
  'condition.Available',
]);

/** Changes of these make the milestones of a main object; two states that agree in them may be merged. */
export const keyFields: Readonly<Record<string, readonly string[]>> = {
  Canary: ['phase', 'canaryWeight', 'iterations', 'failedChecks'],
  Rollout: ['phase', 'currentStepIndex', 'abort', 'stableRS', 'activeSelector', 'previewSelector', 'pause'],
  Experiment: ['phase'],
  AnalysisRun: ['phase'],
};

const madeOnce: readonly string[] = ['labels', 'owner'];

/** What is made once shows in the history only. */
const historyOnly: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['annotations', 'selector', 'podLabels', 'podAnnotations', 'configs'],
  DaemonSet: ['annotations', 'selector', 'podLabels', 'podAnnotations', 'configs'],
  ReplicaSet: ['podLabels'],
  Service: ['type', 'headless', 'annotations', 'ports'],
  HTTPRoute: ['hostnames', 'parents', 'annotations'],
  Ingress: ['class'],
  AnalysisRun: ['type', 'args'],
};

/** The history's view of a state: nothing that follows the pods. */
export function historyView(state: State): State {
  return pick(state, (field) => !podFields.has(field));
}

/** The view of a state at a settled moment: nothing that is made once. */
export function settledView(kind: string, state: State): State {
  const hidden = historyOnly[kind] ?? [];
  return pick(state, (field) => !madeOnce.includes(field) && !hidden.includes(field));
}

/** The view of a state in a milestone: the key fields of the main object, what is written of the others. */
export function milestoneView(kind: string, state: State, isMain: boolean): State {
  const keys = isMain ? keyFields[kind] : undefined;
  if (keys) return pick(state, (field) => keys.includes(field));
  return pick(settledView(kind, state), (field) => !podFields.has(field));
}

/** The part of a state that its kind's key fields make. */
export function keyView(kind: string, state: State): State {
  const keys = keyFields[kind] ?? [];
  return pick(state, (field) => keys.includes(field) || field === 'gone');
}

export function kindOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}

function withoutEmpty(fields: Json): State {
  return pick(fields, (field) => !isEmpty(fields[field]));
}

function projectCanary(object: KubeObject): Json {
  const status = digRecord(object, 'status');
  const promoted = digList(status, 'conditions').find((condition) => dig(condition, 'type') === 'Promoted');
  return {
    ...pick(status, (field) => canaryStatus.has(field)),
    'condition.Promoted':
      promoted && `${digText(promoted, 'status')} ${digText(promoted, 'reason')}: ${digText(promoted, 'message')}`,
    finalizers: object.metadata.finalizers,
    deleting: object.metadata.deletionTimestamp !== undefined,
  };
}

const canaryStatus: ReadonlySet<string> = new Set([
  'phase',
  'canaryWeight',
  'failedChecks',
  'iterations',
  'lastAppliedSpec',
  'lastPromotedSpec',
  'trackedConfigs',
  'sessionAffinityCookie',
  'previousSessionAffinityCookie',
  'primarySessionAffinityCookie',
]);

function projectWorkload(object: KubeObject): Json {
  const template = dig(object, 'spec', 'template');
  const available = dig(object, 'status', object.kind === 'DaemonSet' ? 'numberAvailable' : 'availableReplicas');
  return {
    desired: dig(object, 'spec', 'replicas'),
    paused: dig(object, 'spec', 'paused'),
    image: firstImage(template),
    labels: object.metadata.labels,
    annotations: ownAnnotations(object.metadata.annotations),
    owner: owners(object),
    selector: dig(object, 'spec', 'selector', 'matchLabels'),
    podLabels: dig(template, 'metadata', 'labels'),
    podAnnotations: ownAnnotations(dig(template, 'metadata', 'annotations')),
    nodeSelector: dig(template, 'spec', 'nodeSelector'),
    configs: configReferences(digRecord(template, 'spec')),
    // The API leaves a zero of this field out.
    [object.kind === 'DaemonSet' ? 'status.available' : 'availableReplicas']: available === 0 ? undefined : available,
  };
}

/** Volumes first, then per container whole ConfigMaps and Secrets, then single keys; each reference once. */
function configReferences(pod: Json): readonly string[] {
  const found: string[] = [];
  const add = (place: string, kind: string, name: unknown): void => {
    if (typeof name === 'string') found.push(`${place} ${kind}/${name}`);
  };
  for (const volume of digList(pod, 'volumes')) {
    for (const source of [volume, ...digList(volume, 'projected', 'sources')]) {
      add('volume', 'configmap', dig(source, 'configMap', 'name'));
      add('volume', 'secret', dig(source, 'secret', 'secretName') ?? dig(source, 'secret', 'name'));
    }
  }
  for (const container of [...digList(pod, 'initContainers'), ...digList(pod, 'containers')]) {
    for (const from of digList(container, 'envFrom')) {
      add('envFrom', 'configmap', dig(from, 'configMapRef', 'name'));
      add('envFrom', 'secret', dig(from, 'secretRef', 'name'));
    }
    for (const variable of digList(container, 'env')) {
      add('env', 'configmap', dig(variable, 'valueFrom', 'configMapKeyRef', 'name'));
      add('env', 'secret', dig(variable, 'valueFrom', 'secretKeyRef', 'name'));
    }
  }
  return [...new Set(found)];
}

function projectService(object: KubeObject): Json {
  return {
    type: dig(object, 'spec', 'type') ?? 'ClusterIP',
    headless: dig(object, 'spec', 'clusterIP') === 'None',
    selector: dig(object, 'spec', 'selector'),
    labels: object.metadata.labels,
    annotations: ownAnnotations(object.metadata.annotations),
    owner: owners(object),
    ports: digList(object, 'spec', 'ports').map(servicePort),
  };
}

function servicePort(port: unknown): string {
  const target = digText(port, 'targetPort') || digText(port, 'port');
  return words(digText(port, 'name'), `${digText(port, 'port')}->${target}`, digText(port, 'appProtocol'));
}

function projectHttpRoute(object: KubeObject): Json {
  return {
    hostnames: dig(object, 'spec', 'hostnames'),
    parents: digList(object, 'spec', 'parentRefs').map((parent) => digText(parent, 'name')),
    labels: object.metadata.labels,
    annotations: ownAnnotations(object.metadata.annotations),
    owner: owners(object),
    rules: digList(object, 'spec', 'rules').map((rule) =>
      withoutEmpty({
        match: digList(rule, 'matches').map(routeMatch),
        filters: dig(rule, 'filters'),
        timeouts: dig(rule, 'timeouts'),
        backends: digList(rule, 'backendRefs').map(routeBackend),
      }),
    ),
  };
}

function routeMatch(match: unknown): string {
  const path = dig(match, 'path');
  const named = (place: string) => (entry: unknown) =>
    words(place, digText(entry, 'name'), digText(entry, 'type') || 'Exact', digText(entry, 'value'));
  return [
    ...(path === undefined
      ? []
      : [words('path', digText(path, 'type') || 'PathPrefix', digText(path, 'value') || '/')]),
    ...digList(match, 'headers').map(named('header')),
    ...digList(match, 'queryParams').map(named('query')),
    ...(digText(match, 'method') === '' ? [] : [words('method', digText(match, 'method'))]),
  ].join(', ');
}

function routeBackend(backend: unknown): string {
  const filters = digList(backend, 'filters');
  const address = `${digText(backend, 'name')}:${digText(backend, 'port')}`;
  return words(address, digText(backend, 'weight') || '1', filters.length > 0 ? canonical(filters) : '');
}

function projectIngress(object: KubeObject): Json {
  return {
    class: dig(object, 'spec', 'ingressClassName') ?? object.metadata.annotations?.['kubernetes.io/ingress.class'],
    rules: digList(object, 'spec', 'rules').flatMap((rule) =>
      digList(rule, 'http', 'paths').map((path) => {
        const service = dig(path, 'backend', 'service');
        const port = digText(service, 'port', 'number') || digText(service, 'port', 'name');
        return `${words(digText(rule, 'host'), digText(path, 'path'))} -> ${digText(service, 'name')}:${port}`;
      }),
    ),
    annotations: ownAnnotations(object.metadata.annotations),
    owner: owners(object),
  };
}

function projectAutoscaler(object: KubeObject): Json {
  const target = dig(object, 'spec', 'scaleTargetRef');
  return {
    target: `${digText(target, 'kind')}/${digText(target, 'name')}`,
    min: dig(object, 'spec', 'minReplicas'),
    max: dig(object, 'spec', 'maxReplicas'),
    metrics: digList(object, 'spec', 'metrics').map(autoscalerMetric),
    labels: object.metadata.labels,
    owner: owners(object),
  };
}

function autoscalerMetric(metric: unknown): string {
  const type = digText(metric, 'type');
  const source = digRecord(metric, type.charAt(0).toLowerCase() + type.slice(1));
  const target = digRecord(source, 'target');
  const wanted = digText(target, 'averageUtilization') || digText(target, 'averageValue') || digText(target, 'value');
  return words(type, digText(source, 'name') || digText(source, 'metric', 'name'), wanted);
}

function projectData(object: KubeObject): Json | undefined {
  if (object.metadata.name === 'kube-root-ca.crt') return undefined;
  return { data: dig(object, 'data'), labels: object.metadata.labels, owner: owners(object) };
}

function words(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}
