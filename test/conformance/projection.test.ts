import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { historyView, milestoneView, project, settledView } from './projection.ts';

function anObject(kind: string, fields: Readonly<Record<string, unknown>>, metadata: object = {}): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name: 'web', namespace: 'test', ...metadata }, ...fields };
}

const owner = { apiVersion: 'v1', kind: 'Rollout', name: 'web', uid: 'u', controller: true };
const template = {
  metadata: { labels: { app: 'web' }, annotations: { 'kubectl.kubernetes.io/restartedAt': 'now', own: 'x' } },
  spec: {
    containers: [
      {
        image: 'web:1',
        envFrom: [{ configMapRef: { name: 'c' } }, { secretRef: { name: 's' } }],
        env: [
          { valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
          { valueFrom: { secretKeyRef: { name: 's', key: 'l' } } },
        ],
      },
      { image: 'other:1' },
    ],
    volumes: [{ configMap: { name: 'v' } }, { projected: { sources: [{ secret: { name: 'p' } }] } }],
  },
};

const cases: readonly [string, KubeObject, Readonly<Record<string, unknown>>][] = [
  [
    'a Canary',
    anObject(
      'Canary',
      {
        status: {
          phase: 'Failed',
          canaryWeight: 0,
          lastAppliedSpec: '',
          trackedConfigs: { 'configmap/c': 'x' },
          draining: { since: 'now' },
          conditions: [
            { type: 'Accepted', status: 'True', reason: 'Valid', message: 'ok' },
            { type: 'Promoted', status: 'False', reason: 'Failed', message: 'Canary analysis failed.' },
          ],
        },
      },
      { finalizers: ['f'], deletionTimestamp: 'now' },
    ),
    {
      phase: 'Failed',
      canaryWeight: 0,
      trackedConfigs: { 'configmap/c': 'x' },
      'condition.Promoted': 'False Failed: Canary analysis failed.',
      finalizers: ['f'],
      deleting: true,
    },
  ],
  [
    'a Rollout',
    anObject(
      'Rollout',
      {
        spec: { replicas: 0, paused: false, template },
        status: {
          phase: 'Paused',
          currentStepIndex: 0,
          pauseConditions: [{ reason: 'CanaryPauseStep', startTime: 'now' }],
          abortedAt: 'now',
          controllerPause: true,
          observedGeneration: '3',
          canary: {
            weights: { canary: { weight: 20, podTemplateHash: 'h2' }, stable: { weight: 80, podTemplateHash: 'h1' } },
            currentStepAnalysisRunStatus: { name: 'run', status: 'Running' },
            currentExperiment: 'exp',
          },
          blueGreen: { activeSelector: 'h1', prePromotionAnalysisRunStatus: { name: 'pre', status: '', message: 'm' } },
          conditions: [{ type: 'Healthy', status: 'True', reason: 'RolloutHealthy', message: 'x' }],
        },
      },
      { annotations: { 'rollout.argoproj.io/revision': '2' } },
    ),
    {
      specReplicas: 0,
      image: 'web:1',
      revision: '2',
      phase: 'Paused',
      currentStepIndex: 0,
      pause: ['CanaryPauseStep'],
      abortedAt: true,
      controllerPause: true,
      weights: { canary: '20 h2', stable: '80 h1' },
      stepRun: { name: 'run', status: 'Running' },
      preRun: { name: 'pre', message: 'm' },
      experiment: 'exp',
      activeSelector: 'h1',
      'condition.Healthy': 'True RolloutHealthy',
    },
  ],
  [
    'an AnalysisRun',
    anObject(
      'AnalysisRun',
      {
        spec: {
          args: [
            { name: 'env', value: 'prod' },
            { name: 'token', valueFrom: {} },
          ],
          terminate: true,
        },
        status: {
          phase: 'Failed',
          runSummary: { count: 1, failed: 1 },
          metricResults: [
            {
              name: 'errors',
              phase: 'Failed',
              count: 1,
              failed: 1,
              measurements: [
                { phase: 'Failed', value: '[9]' },
                { phase: 'Error', message: 'down' },
                { phase: 'Running' },
              ],
            },
          ],
        },
      },
      { labels: { 'rollout-type': 'Step', 'step-index': '1' }, ownerReferences: [owner] },
    ),
    {
      owner: ['Rollout/web'],
      type: 'Step',
      step: '1',
      args: ['env=prod', 'token='],
      terminate: true,
      phase: 'Failed',
      runSummary: { count: 1, failed: 1 },
      'metric.errors.phase': 'Failed',
      'metric.errors.count': 1,
      'metric.errors.failed': 1,
      'metric.errors.measurements': ['Failed [9]', 'Error down', 'Running'],
    },
  ],
  [
    'an Experiment',
    anObject('Experiment', {
      spec: { duration: '30s' },
      status: {
        phase: 'Running',
        availableAt: 'now',
        templateStatuses: [{ name: 'a', status: 'Running', podTemplateHash: 'h' }],
        analysisRuns: [{ name: 'check', phase: 'Running', analysisRun: 'exp-check' }],
        conditions: [{ type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' }],
      },
    }),
    {
      duration: '30s',
      phase: 'Running',
      availableAt: true,
      'template.a.status': 'Running',
      'template.a.hash': 'h',
      'analysis.check.phase': 'Running',
      'analysis.check.run': 'exp-check',
      'condition.Progressing': 'True NewReplicaSetAvailable',
    },
  ],
  [
    'a ReplicaSet of a Rollout',
    anObject(
      'ReplicaSet',
      { spec: { replicas: 0, template }, status: { replicas: 0, availableReplicas: 0 } },
      {
        labels: { 'rollouts-pod-template-hash': 'h' },
        annotations: { 'rollout.argoproj.io/revision': '1', 'scale-down-deadline': 'soon' },
        ownerReferences: [{ ...owner, controller: false }],
      },
    ),
    {
      desired: 0,
      image: 'web:1',
      owner: ['Rollout/web (not controller)'],
      revision: '1',
      scaleDownDeadline: true,
      podLabels: { app: 'web' },
      replicasObserved: 0,
    },
  ],
  [
    'a DaemonSet',
    anObject(
      'DaemonSet',
      { spec: { selector: { matchLabels: { app: 'web' } }, template }, status: { numberAvailable: 1 } },
      { annotations: { 'deployment.kubernetes.io/revision': '1', own: 'y' } },
    ),
    {
      image: 'web:1',
      annotations: { own: 'y' },
      selector: { app: 'web' },
      podLabels: { app: 'web' },
      podAnnotations: { own: 'x' },
      configs: ['volume configmap/v', 'volume secret/p', 'envFrom configmap/c', 'envFrom secret/s', 'env secret/s'],
      'status.available': 1,
    },
  ],
  [
    'a headless Service',
    anObject('Service', {
      spec: {
        type: 'ClusterIP',
        clusterIP: 'None',
        ports: [{ name: 'web', port: 80, targetPort: 'http', appProtocol: 'http' }],
      },
    }),
    { type: 'ClusterIP', headless: true, ports: ['web 80->http http'] },
  ],
  [
    'an Ingress',
    anObject('Ingress', {
      spec: {
        ingressClassName: 'nginx',
        rules: [
          {
            host: 'a.example',
            http: { paths: [{ path: '/', backend: { service: { name: 's', port: { number: 80 } } } }] },
          },
        ],
      },
    }),
    { class: 'nginx', rules: ['a.example / -> s:80'] },
  ],
  [
    'a HorizontalPodAutoscaler',
    anObject('HorizontalPodAutoscaler', {
      spec: {
        scaleTargetRef: { kind: 'Deployment', name: 'web' },
        minReplicas: 2,
        maxReplicas: 4,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 99 } } },
        ],
      },
    }),
    { target: 'Deployment/web', min: 2, max: 4, metrics: ['Resource cpu 99'] },
  ],
];

describe('a projection', () => {
  it.each(cases)('shows of %s what traces show', (_name, object, state) => {
    expect(project(object)).toEqual(state);
  });

  it('shows nothing of other objects', () => {
    expect(project(anObject('ReplicaSet', {}))).toBeUndefined();
    expect(project(anObject('Pod', {}))).toBeUndefined();
    expect(project(anObject('ConfigMap', {}, { name: 'kube-root-ca.crt' }))).toBeUndefined();
  });

  it('keeps what follows the pods for settled moments, and what is made once for the history', () => {
    const state = { desired: 2, labels: { a: 'b' }, selector: { a: 'b' }, availableReplicas: 1 };
    expect(historyView(state)).toEqual({ desired: 2, labels: { a: 'b' }, selector: { a: 'b' } });
    expect(settledView('Deployment', state)).toEqual({ desired: 2, availableReplicas: 1 });
    expect(milestoneView('Deployment', state, false)).toEqual({ desired: 2 });
    expect(settledView('Service', { selector: { a: 'b' }, type: 'ClusterIP' })).toEqual({ selector: { a: 'b' } });
  });

  it('shows only the key fields of the main object in milestones', () => {
    const run = { phase: 'Running', message: 'm', args: ['a=b'], 'metric.x.count': 1 };
    expect(milestoneView('AnalysisRun', run, true)).toEqual({ phase: 'Running' });
    expect(milestoneView('AnalysisRun', run, false)).toEqual({ phase: 'Running', message: 'm', 'metric.x.count': 1 });
  });
});
