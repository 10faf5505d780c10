import { describe, expect, it } from 'vitest';
import { hashLabel } from '#api/rollout-keys.ts';
import type { CanaryStrategy, Rollout } from '#api/rollout.ts';
import type { RouteContext } from '../effects.ts';
import type { ReplicaSet } from '../replica-sets/replica-set.ts';
import { startPass } from '../snapshot.ts';
import { routeTraffic } from './traffic.ts';

const strategy: CanaryStrategy = { trafficRouting: { istio: { virtualService: { name: 'vs' } } } };

const template = (image: string) => ({ spec: { containers: [{ name: 'web', image }] } });

const set = (image: string, replicas: number, availableReplicas: number): ReplicaSet => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: image, namespace: 'ns', uid: image, labels: { [hashLabel]: image } },
  spec: { replicas, selector: {}, template: template(image) },
  status: { replicas, availableReplicas },
});

const rollout: Rollout = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'web', namespace: 'ns', annotations: { 'rollout.argoproj.io/revision': '2' } },
  spec: { replicas: 2, selector: {}, template: template('new'), strategy: { canary: strategy } },
  status: { stableRS: 'old', currentPodHash: 'new', currentStepIndex: 0 },
};

/** What the router is told of the two versions. */
function contextWith(canary: ReplicaSet): RouteContext {
  const nothing = (): undefined => undefined;
  const references = {
    service: nothing,
    ingress: nothing,
    analysisTemplate: nothing,
    clusterAnalysisTemplate: nothing,
    object: nothing,
  };
  const sets = [canary, set('old', 2, 2)];
  const seen = { rollout, sets, orphans: [], runs: [], experiments: [], references, routers: ['istio'], now: 0 };
  const first = routeTraffic(startPass(seen), strategy).next();
  if (first.done === true || first.value.do !== 'route') throw new Error('Nothing was routed');
  return first.value.context;
}

describe('routes', () => {
  it('may name a version that has no pods yet: it gets them later, and traffic after that', () => {
    expect(contextWith(set('new', 0, 0))).toMatchObject({ canaryHash: 'new', canaryReady: true, stableReady: true });
  });

  it('wait for the pods of a version that has some', () => {
    expect(contextWith(set('new', 2, 1))).toMatchObject({ canaryReady: false, stableReady: true });
    expect(contextWith(set('new', 2, 2))).toMatchObject({ canaryReady: true, stableReady: true });
  });
});
