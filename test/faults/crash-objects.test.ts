/** Runs with more objects than a Deployment and a route, failed promotions and deletions, killed at every write. */
import { describe } from 'vitest';
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { canaries, configMaps, horizontalPodAutoscalers, secrets } from '#cluster/resource.ts';
import { hook, namespace, type FaultFixture, type FaultWorld } from './fault-world.ts';
import { drained, failedByMetric, killedEverywhere, promoted } from './histories.ts';

const config: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace },
  data: { color: 'red' },
};
const secret: KubeObject = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'keys', namespace },
  type: 'Opaque',
  data: { key: 'dGVzdA==' },
};
const scaler: KubeObject = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'podinfo', namespace },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
    minReplicas: 2,
    maxReplicas: 4,
  },
};
const scaled: readonly (readonly [Resource, KubeObject])[] = [
  [configMaps, config],
  [secrets, secret],
  [horizontalPodAutoscalers, scaler],
];
const configured: FaultFixture = {
  objects: scaled,
  spec: { autoscalerRef: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'podinfo' } },
  target: {
    spec: {
      template: {
        spec: {
          containers: [
            {
              name: 'podinfod',
              image: 'podinfo:1',
              ports: [{ name: 'http', containerPort: 9898 }],
              envFrom: [{ configMapRef: { name: 'settings' } }, { secretRef: { name: 'keys' } }],
            },
          ],
        },
      },
    },
  },
  analysis: { stepWeight: 50, maxWeight: 50 },
};

async function reconfigured(world: FaultWorld): Promise<void> {
  world.change(configMaps, 'settings', { data: { color: 'blue' } });
  world.change(horizontalPodAutoscalers, 'podinfo', { spec: { maxReplicas: 6 } });
  await world.phase('Succeeded');
}

/** The new version runs as a canary, and does not as a primary. */
async function promotionFails(world: FaultWorld): Promise<void> {
  world.setImage('podinfo:2');
  await world.phase('Promoting');
  world.setImage('podinfo:bad', 'podinfo-primary');
  await world.phase('Failed');
}

async function deleted(world: FaultWorld): Promise<void> {
  world.world.objects.delete(canaries, { namespace, name: 'podinfo' });
  await world.until('gone', () => world.get(canaries, 'podinfo') === undefined);
}

async function deletedInARun(world: FaultWorld): Promise<void> {
  world.setImage('podinfo:2');
  await world.until('at 50%', () => world.weights()?.canary === 50);
  await deleted(world);
}

describe('all that belongs to a run ends as it would have', () => {
  killedEverywhere({
    'configs and a scaler from the first version on': { fixture: configured, play: reconfigured, fromTheStart: true },
    'a DaemonSet from the first version on': {
      fixture: { kind: 'DaemonSet', analysis: { stepWeight: 50, maxWeight: 50 } },
      play: promoted,
      fromTheStart: true,
    },
    'a DaemonSet that is rolled back, with draining': {
      fixture: { kind: 'DaemonSet', analysis: { stepWeight: 20, threshold: 1 }, ...drained },
      play: failedByMetric,
    },
    'a promotion that fails': {
      fixture: {
        target: { spec: { progressDeadlineSeconds: 15 } },
        analysis: { stepWeight: 50, maxWeight: 50, webhooks: [hook('post-rollout')] },
      },
      play: promotionFails,
    },
    'a Canary that is deleted': { fixture: { spec: { revertOnDeletion: true } }, play: deleted },
    'a Canary that is deleted in a run, with draining': {
      fixture: { spec: { revertOnDeletion: true }, analysis: { stepWeight: 50 }, ...drained },
      play: deletedInARun,
    },
  });
});
