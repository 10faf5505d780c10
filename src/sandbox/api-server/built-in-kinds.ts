/** The kinds that the API server serves from the start. */
import type { Resource } from '#api/kubernetes.ts';
import type { Kind } from './kind.ts';
import { open } from './shape.ts';

interface Extras extends Partial<Omit<Kind, 'resource'>> {
  readonly clusterScoped?: boolean;
}

function kind(group: string, version: string, plural: string, kindName: string, extras: Extras = {}): Kind {
  const { clusterScoped, ...rest } = extras;
  const resource: Resource = { group, version, plural, kind: kindName, namespaced: clusterScoped !== true };
  return {
    resource,
    versions: [version],
    singular: kindName.toLowerCase(),
    hasStatus: false,
    shape: open,
    ...rest,
  };
}

const spec = ['spec'] as const;
const replicas = { spec: ['spec', 'replicas'], status: ['status', 'replicas'] } as const;
const all = ['all'] as const;

export const builtInKinds: readonly Kind[] = [
  kind('', 'v1', 'namespaces', 'Namespace', { clusterScoped: true, shortNames: ['ns'], hasStatus: true }),
  kind('', 'v1', 'pods', 'Pod', {
    shortNames: ['po'],
    categories: all,
    hasStatus: true,
    generation: spec,
    selectableFields: [
      'spec.nodeName',
      'spec.restartPolicy',
      'spec.schedulerName',
      'spec.serviceAccountName',
      'status.phase',
      'status.podIP',
    ],
  }),
  kind('', 'v1', 'services', 'Service', {
    shortNames: ['svc'],
    categories: all,
    hasStatus: true,
    selectableFields: ['spec.clusterIP', 'spec.type'],
  }),
  kind('', 'v1', 'configmaps', 'ConfigMap', { shortNames: ['cm'] }),
  kind('', 'v1', 'secrets', 'Secret', { selectableFields: ['type'] }),
  kind('', 'v1', 'endpoints', 'Endpoints', { shortNames: ['ep'] }),
  kind('', 'v1', 'serviceaccounts', 'ServiceAccount', { shortNames: ['sa'] }),
  kind('', 'v1', 'nodes', 'Node', {
    clusterScoped: true,
    shortNames: ['no'],
    hasStatus: true,
    selectableFields: ['spec.unschedulable'],
  }),
  kind('', 'v1', 'persistentvolumeclaims', 'PersistentVolumeClaim', { shortNames: ['pvc'], hasStatus: true }),
  kind('', 'v1', 'events', 'Event', {
    shortNames: ['ev'],
    selectableFields: [
      'involvedObject.kind',
      'involvedObject.namespace',
      'involvedObject.name',
      'involvedObject.uid',
      'involvedObject.apiVersion',
      'involvedObject.resourceVersion',
      'involvedObject.fieldPath',
      'reason',
      'reportingComponent',
      'source',
      'type',
    ],
  }),
  kind('apps', 'v1', 'deployments', 'Deployment', {
    shortNames: ['deploy'],
    categories: all,
    hasStatus: true,
    generation: spec,
    scale: replicas,
  }),
  kind('apps', 'v1', 'replicasets', 'ReplicaSet', {
    shortNames: ['rs'],
    categories: all,
    hasStatus: true,
    generation: spec,
    scale: replicas,
    selectableFields: ['status.replicas'],
  }),
  kind('apps', 'v1', 'daemonsets', 'DaemonSet', {
    shortNames: ['ds'],
    categories: all,
    hasStatus: true,
    generation: spec,
  }),
  kind('apps', 'v1', 'statefulsets', 'StatefulSet', {
    shortNames: ['sts'],
    categories: all,
    hasStatus: true,
    generation: spec,
    scale: replicas,
  }),
  kind('autoscaling', 'v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler', {
    shortNames: ['hpa'],
    categories: all,
    hasStatus: true,
  }),
  kind('batch', 'v1', 'jobs', 'Job', {
    categories: all,
    hasStatus: true,
    generation: spec,
    selectableFields: ['status.successful'],
  }),
  kind('batch', 'v1', 'cronjobs', 'CronJob', {
    shortNames: ['cj'],
    categories: all,
    hasStatus: true,
    generation: spec,
  }),
  kind('coordination.k8s.io', 'v1', 'leases', 'Lease'),
  kind('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice', { generation: 'rest' }),
  kind('networking.k8s.io', 'v1', 'ingresses', 'Ingress', { shortNames: ['ing'], hasStatus: true, generation: spec }),
  kind('networking.k8s.io', 'v1', 'networkpolicies', 'NetworkPolicy', {
    shortNames: ['netpol'],
    singular: 'networkpolicy',
    generation: spec,
  }),
  kind('policy', 'v1', 'poddisruptionbudgets', 'PodDisruptionBudget', {
    shortNames: ['pdb'],
    hasStatus: true,
    generation: spec,
  }),
  kind('rbac.authorization.k8s.io', 'v1', 'roles', 'Role'),
  kind('rbac.authorization.k8s.io', 'v1', 'rolebindings', 'RoleBinding'),
  kind('rbac.authorization.k8s.io', 'v1', 'clusterroles', 'ClusterRole', { clusterScoped: true }),
  kind('rbac.authorization.k8s.io', 'v1', 'clusterrolebindings', 'ClusterRoleBinding', { clusterScoped: true }),
  kind('apiextensions.k8s.io', 'v1', 'customresourcedefinitions', 'CustomResourceDefinition', {
    clusterScoped: true,
    shortNames: ['crd', 'crds'],
    categories: ['api-extensions'],
    hasStatus: true,
    generation: spec,
  }),
];
