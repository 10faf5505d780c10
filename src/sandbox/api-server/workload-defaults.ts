/** What the API server fills into Deployments, ReplicaSets, DaemonSets, StatefulSets, Jobs, Pods and autoscalers. */
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '#api/kubernetes.ts';
import { adopt, type Json, mapAt } from './json.ts';
import { filled, podSpecDefaults, templateDefaults, withMap } from './pod-defaults.ts';

type SpecDefaults = (spec: Json, object: KubeObject) => Json;

/** Defaults of `spec`, not looked at again when the stored object shares it. */
function onSpec(complete: SpecDefaults): (object: KubeObject, before: KubeObject | undefined) => KubeObject {
  return (object, before) => {
    if (before !== undefined && before['spec'] === object['spec']) return object;
    const spec = mapAt(object, 'spec');
    const result = complete(spec, object);
    return result === object['spec'] ? object : adopt({ ...object, spec: result });
  };
}

const withTemplate = (spec: Json): Json => withMap(spec, 'template', templateDefaults);

const rolling = (defaults: Json) => (strategy: Json) => {
  const typed = filled(strategy, { type: 'RollingUpdate' });
  if (typed['type'] !== 'RollingUpdate') return typed;
  return withMap(filled(typed, { rollingUpdate: {} }), 'rollingUpdate', (update) => filled(update, defaults));
};

const daemonSet = onSpec((spec) => {
  const base = filled(withTemplate(spec), { updateStrategy: {}, revisionHistoryLimit: 10 });
  return withMap(base, 'updateStrategy', rolling({ maxUnavailable: 1, maxSurge: 0 }));
});

const templateGeneration = 'deprecated.daemonset.template.generation';

/** The API server counts the templates of a DaemonSet in an annotation, whatever a client writes there. */
function countTemplates(object: KubeObject, before: KubeObject | undefined): KubeObject {
  const counted = Number(before?.metadata.annotations?.[templateGeneration] ?? 0);
  const isSame =
    before !== undefined && isDeepStrictEqual(mapAt(before, 'spec')['template'], mapAt(object, 'spec')['template']);
  const value = String(isSame ? counted : counted + 1);
  const { annotations } = object.metadata;
  if (annotations?.[templateGeneration] === value) return object;
  return adopt({
    ...object,
    metadata: { ...object.metadata, annotations: { ...annotations, [templateGeneration]: value } },
  });
}

export const workloadDefaults = {
  deployment: onSpec((spec) => {
    const base = filled(withTemplate(spec), {
      replicas: 1,
      strategy: {},
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    });
    return withMap(base, 'strategy', rolling({ maxUnavailable: '25%', maxSurge: '25%' }));
  }),
  daemonSet: (object: KubeObject, before: KubeObject | undefined) => countTemplates(daemonSet(object, before), before),
  replicaSet: onSpec((spec) => filled(withTemplate(spec), { replicas: 1 })),
  statefulSet: onSpec((spec) => {
    const base = filled(withTemplate(spec), {
      serviceName: '',
      replicas: 1,
      podManagementPolicy: 'OrderedReady',
      updateStrategy: {},
      revisionHistoryLimit: 10,
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    });
    return withMap(base, 'updateStrategy', rolling({ partition: 0 }));
  }),
  job: onSpec((spec, object) => {
    const base = filled(withTemplate(spec), {
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      manualSelector: false,
      podReplacementPolicy: 'TerminatingOrFailed',
    });
    return base['selector'] === undefined ? jobSelector(base, object) : base;
  }),
  cronJob: onSpec((spec) =>
    filled(spec, {
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    }),
  ),
  pod: onSpec((spec) => filled(podSpecDefaults(spec), { enableServiceLinks: true })),
  autoscaler: onSpec((spec) =>
    filled(spec, {
      minReplicas: 1,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      ],
    }),
  ),
};

/** A Job tells its Pods apart by its own uid. */
function jobSelector(spec: Json, object: KubeObject): Json {
  const uid = object.metadata.uid ?? '';
  const labels = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': object.metadata.name,
    'controller-uid': uid,
    'job-name': object.metadata.name,
  };
  const template = mapAt(spec, 'template');
  const metadata = mapAt(template, 'metadata');
  return {
    ...spec,
    selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
    template: { ...template, metadata: { ...metadata, labels: { ...mapAt(metadata, 'labels'), ...labels } } },
  };
}
