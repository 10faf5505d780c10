/** The ReplicaSets, Services and AnalysisRuns that an Experiment makes. */
import type { AnalysisRun, AnalysisRunSpec } from '#api/analysis-run.ts';
import type { Experiment, ExperimentAnalysis, ExperimentTemplate } from '#api/experiment.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import type { PodTemplate } from '#api/workload.ts';
import { ownerReference } from '../rollout/owner.ts';
import { hashLabel } from '../rollout/replica-sets/replica-set.ts';
import type { ReplicaSet } from '../rollout/replica-sets/replica-set.ts';
import { templateHash } from '../rollout/pod-template/template-hash.ts';
import { annotationsFor } from './snapshot.ts';

/** A hash label that the template brings along counts for nothing. */
function unhashed(template: PodTemplate): PodTemplate {
  const { [hashLabel]: _hash, ...labels } = template.metadata?.labels ?? {};
  return template.metadata?.labels === undefined
    ? template
    : { ...template, metadata: { ...template.metadata, labels } };
}

export function hashFor({ template }: ExperimentTemplate, collisionCount?: number): string {
  return templateHash(unhashed(template), collisionCount);
}

/** The name with the hash in it, which another object has hardly taken as well, comes after a collision. */
export function newReplicaSet(experiment: Experiment, wanted: ExperimentTemplate, collisionCount?: number): ReplicaSet {
  const { name, namespace = '' } = experiment.metadata;
  const { selector = {}, minReadySeconds = 0 } = wanted;
  const template = unhashed(wanted.template);
  const hash = hashFor(wanted, collisionCount);
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${wanted.name}${collisionCount === undefined ? '' : `-${hash}`}`,
      namespace,
      labels,
      annotations: annotationsFor(experiment, wanted),
      ownerReferences: [ownerReference(experiment)],
    },
    spec: {
      replicas: 0,
      minReadySeconds,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

/** `undefined`: its pods have no port. */
export function newService(
  experiment: Experiment,
  wanted: ExperimentTemplate,
  set: ReplicaSet,
): KubeObject | undefined {
  const containers = set.spec.template.spec.containers;
  const ports = containers.flatMap((container) => container.ports ?? []);
  if (ports.length === 0) return undefined;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: serviceNameFor(wanted, set),
      namespace: experiment.metadata.namespace ?? '',
      annotations: annotationsFor(experiment, wanted),
      ownerReferences: [ownerReference(experiment)],
    },
    spec: {
      selector: set.metadata.labels ?? {},
      ports: ports.map(({ name, protocol = 'TCP', containerPort }) => ({
        ...(name === undefined || name === '' ? {} : { name }),
        protocol,
        port: containerPort,
        targetPort: containerPort,
      })),
    },
  };
}

export function serviceNameFor({ service }: ExperimentTemplate, set: ReplicaSet): string {
  return service?.name === undefined || service.name === '' ? set.metadata.name : service.name;
}

const instanceIdLabel = 'argo-rollouts.argoproj.io/controller-instance-id';

/** `suffix`: after a name that is taken. */
export function newAnalysisRun(
  experiment: Experiment,
  analysis: ExperimentAnalysis,
  spec: AnalysisRunSpec,
  suffix: string,
): AnalysisRun {
  const { name, namespace = '', labels = {} } = experiment.metadata;
  const { labels: extraLabels, annotations } = experiment.spec.analysisRunMetadata ?? {};
  const instanceId = labels[instanceIdLabel];
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: {
      name: `${name}-${analysis.name}${suffix}`,
      namespace,
      labels: { ...(instanceId === undefined ? {} : { [instanceIdLabel]: instanceId }), ...extraLabels },
      annotations: { ...annotations },
      ownerReferences: [ownerReference(experiment)],
    },
    spec,
  };
}
