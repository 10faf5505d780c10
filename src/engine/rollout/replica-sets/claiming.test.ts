import { expect, it } from 'vitest';
import type { KubeObject, OwnerReference } from '#api/kubernetes.ts';
import { hashLabel } from '#api/rollout-keys.ts';
import type { Rollout } from '#api/rollout.ts';
import { claimSets } from './claiming.ts';
import type { Effect } from '../effects.ts';
import type { ReplicaSet } from './replica-set.ts';
import type { RolloutSnapshot } from '../snapshot.ts';

const rollout: Rollout = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'web', namespace: 'ns', uid: 'u1' },
  spec: { selector: { matchLabels: { app: 'web' } }, strategy: { canary: {} } },
};
const owner: OwnerReference = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  name: 'web',
  uid: 'u1',
  controller: true,
  blockOwnerDeletion: true,
};

const set = (name: string, ownerReferences?: readonly OwnerReference[]): ReplicaSet => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    name,
    namespace: 'ns',
    uid: name,
    labels: { [hashLabel]: name },
    ...(ownerReferences === undefined ? {} : { ownerReferences: [...ownerReferences] }),
  },
  spec: { selector: {}, template: { spec: { containers: [] } } },
});

/** The changes that claiming asks for while the API server has `stored`. */
function claimed(seen: Partial<RolloutSnapshot>, stored: KubeObject | undefined = rollout): readonly unknown[] {
  const nothing = (): undefined => undefined;
  const references = {
    service: nothing,
    ingress: nothing,
    analysisTemplate: nothing,
    clusterAnalysisTemplate: nothing,
    object: nothing,
  };
  const empty = { sets: [], orphans: [], runs: [], experiments: [] };
  const steps = claimSets({ rollout, ...empty, references, routers: [], now: 0, ...seen });
  const effects: Effect[] = [];
  let step = steps.next();
  while (step.done !== true) {
    effects.push(step.value);
    step = steps.next(step.value.do === 'read-rollout' ? stored : step.value.do === 'change-set' ? step.value.set : {});
  }
  return effects.map((effect) =>
    effect.do === 'change-set' ? [effect.set.metadata.name, effect.changes[0]?.value] : effect.do,
  );
}

it('takes over ReplicaSets that its selector means and nobody owns', () => {
  expect(claimed({ orphans: [set('a')] })).toEqual(['read-rollout', ['a', [owner]]]);
  expect(claimed({})).toEqual([]);
});

it('takes nothing over once the Rollout is gone, is being deleted, or is another one', () => {
  const orphans = [set('a')];
  const other = (metadata: object): KubeObject => ({ ...rollout, metadata: { ...rollout.metadata, ...metadata } });
  expect(claimed({ orphans }, other({ uid: 'u2' }))).toEqual(['read-rollout']);
  expect(claimed({ orphans }, other({ deletionTimestamp: '2026-01-01T00:00:00Z' }))).toEqual(['read-rollout']);
});

it('lets go of those that its selector does not mean any more', () => {
  const second = { ...owner, uid: 'u9', controller: false };
  expect(claimed({ strays: [set('a', [owner]), set('b', [owner, second])] })).toEqual([
    ['a', undefined],
    ['b', [second]],
  ]);
});
