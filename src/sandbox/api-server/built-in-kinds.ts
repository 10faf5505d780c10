/** The kinds that the API server serves from the start. */
import type { Resource } from '#api/kubernetes.ts';
import type { Kind } from './kind.ts';
import { columns } from './built-in-columns.ts';
import { shapes } from './built-in-shapes.ts';
import { allocateService, checkService, serviceDefaults } from './services.ts';
import {
  checkEvent,
  checkLease,
  endpointSliceDefaults,
  eventDefaults,
  namespaceDefaults,
  networkPolicyDefaults,
  podDefaults,
  secretDefaults,
} from './simple-defaults.ts';
import { workloadDefaults } from './workload-defaults.ts';
import { workloadRules } from './workload-rules.ts';

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
    shape: shapes.plain,
    ...rest,
  };
}

const spec = ['spec'] as const;
const replicas = { spec: ['spec', 'replicas'], status: ['status', 'replicas'] } as const;
const all = ['all'] as const;

export const builtInKinds: readonly Kind[] = [
  kind('', 'v1', 'namespaces', 'Namespace', {
    columns: columns.namespaces,
    shape: shapes.namespace,
    defaults: namespaceDefaults,
    clusterScoped: true,
    shortNames: ['ns'],
    hasStatus: true,
  }),
  kind('', 'v1', 'pods', 'Pod', {
    columns: columns.pods,
    shape: shapes.pod,
    defaults: (object, before) => podDefaults(workloadDefaults.pod(object, before)),
    validate: workloadRules.pod,
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
    columns: columns.services,
    shape: shapes.service,
    defaults: serviceDefaults,
    allocate: allocateService,
    validate: checkService,
    shortNames: ['svc'],
    categories: all,
    hasStatus: true,
    selectableFields: ['spec.clusterIP', 'spec.type'],
  }),
  kind('', 'v1', 'configmaps', 'ConfigMap', { columns: columns.configMaps, shortNames: ['cm'] }),
  kind('', 'v1', 'secrets', 'Secret', {
    columns: columns.secrets,
    defaults: secretDefaults,
    selectableFields: ['type'],
  }),
  kind('', 'v1', 'endpoints', 'Endpoints', { shortNames: ['ep'] }),
  kind('', 'v1', 'serviceaccounts', 'ServiceAccount', {
    columns: columns.plain,
    shape: shapes.serviceAccount,
    shortNames: ['sa'],
  }),
  kind('', 'v1', 'nodes', 'Node', {
    columns: columns.plain,
    shape: shapes.node,
    clusterScoped: true,
    shortNames: ['no'],
    hasStatus: true,
    selectableFields: ['spec.unschedulable'],
  }),
  kind('', 'v1', 'persistentvolumeclaims', 'PersistentVolumeClaim', { shortNames: ['pvc'], hasStatus: true }),
  kind('', 'v1', 'events', 'Event', {
    defaults: eventDefaults,
    columns: columns.events,
    shape: shapes.event,
    validate: checkEvent,
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
    emptyStatus: {},
    columns: columns.deployments,
    shape: shapes.workload,
    defaults: workloadDefaults.deployment,
    validate: workloadRules.workload,
    shortNames: ['deploy'],
    categories: all,
    hasStatus: true,
    generation: spec,
    scale: replicas,
  }),
  kind('apps', 'v1', 'replicasets', 'ReplicaSet', {
    emptyStatus: { replicas: 0 },
    columns: columns.replicaSets,
    shape: shapes.workload,
    defaults: workloadDefaults.replicaSet,
    validate: workloadRules.workload,
    shortNames: ['rs'],
    categories: all,
    hasStatus: true,
    generation: spec,
    scale: replicas,
    selectableFields: ['status.replicas'],
  }),
  kind('apps', 'v1', 'daemonsets', 'DaemonSet', {
    emptyStatus: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
    columns: columns.daemonSets,
    shape: shapes.workload,
    defaults: workloadDefaults.daemonSet,
    validate: workloadRules.workload,
    shortNames: ['ds'],
    categories: all,
    hasStatus: true,
    generation: spec,
  }),
  kind('apps', 'v1', 'statefulsets', 'StatefulSet', {
    emptyStatus: { replicas: 0, availableReplicas: 0 },
    columns: columns.statefulSets,
    shape: shapes.workload,
    defaults: workloadDefaults.statefulSet,
    validate: workloadRules.workload,
    shortNames: ['sts'],
    categories: all,
    hasStatus: true,
    generation: spec,
    scale: replicas,
  }),
  kind('autoscaling', 'v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler', {
    emptyStatus: { desiredReplicas: 0, currentMetrics: null },
    columns: columns.autoscalers,
    shape: shapes.autoscaler,
    defaults: workloadDefaults.autoscaler,
    validate: workloadRules.autoscaler,
    shortNames: ['hpa'],
    categories: all,
    hasStatus: true,
  }),
  kind('batch', 'v1', 'jobs', 'Job', {
    emptyStatus: {},
    columns: columns.jobs,
    shape: shapes.job,
    defaults: workloadDefaults.job,
    validate: workloadRules.job,
    categories: all,
    hasStatus: true,
    generation: spec,
    selectableFields: ['status.successful'],
  }),
  kind('batch', 'v1', 'cronjobs', 'CronJob', {
    columns: columns.plain,
    shape: shapes.cronJob,
    defaults: workloadDefaults.cronJob,
    shortNames: ['cj'],
    categories: all,
    hasStatus: true,
    generation: spec,
  }),
  kind('coordination.k8s.io', 'v1', 'leases', 'Lease', {
    shape: shapes.lease,
    columns: columns.leases,
    validate: checkLease,
  }),
  kind('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice', {
    defaults: endpointSliceDefaults,
    columns: columns.endpointSlices,
    generation: 'rest',
  }),
  kind('networking.k8s.io', 'v1', 'ingresses', 'Ingress', {
    columns: columns.plain,
    shape: shapes.conditioned,
    shortNames: ['ing'],
    hasStatus: true,
    generation: spec,
  }),
  kind('networking.k8s.io', 'v1', 'networkpolicies', 'NetworkPolicy', {
    shape: shapes.networkPolicy,
    defaults: networkPolicyDefaults,
    shortNames: ['netpol'],
    singular: 'networkpolicy',
    generation: spec,
  }),
  kind('policy', 'v1', 'poddisruptionbudgets', 'PodDisruptionBudget', {
    columns: columns.plain,
    shape: shapes.conditioned,
    shortNames: ['pdb'],
    hasStatus: true,
    generation: spec,
  }),
  kind('rbac.authorization.k8s.io', 'v1', 'roles', 'Role'),
  kind('rbac.authorization.k8s.io', 'v1', 'rolebindings', 'RoleBinding'),
  kind('rbac.authorization.k8s.io', 'v1', 'clusterroles', 'ClusterRole', { clusterScoped: true }),
  kind('rbac.authorization.k8s.io', 'v1', 'clusterrolebindings', 'ClusterRoleBinding', { clusterScoped: true }),
  kind('apiextensions.k8s.io', 'v1', 'customresourcedefinitions', 'CustomResourceDefinition', {
    shape: shapes.definition,
    clusterScoped: true,
    shortNames: ['crd', 'crds'],
    categories: ['api-extensions'],
    hasStatus: true,
    generation: spec,
  }),
];
