/** Kubernetes objects of a state that is written down in a few words: for tests of what is printed about it. */
import type { KubeObject } from '#api/kubernetes.ts';
import { annotationKeys, hashLabel } from '#engine/rollout/replica-sets/replica-set.ts';
import type { Belongings, Pod, ReplicaSet, Rollout } from '../rollout-objects.ts';
import { type SeedSet, type SeedState, stepLists } from './states.ts';

const units: Readonly<Record<string, number>> = { d: 86_400, h: 3_600, m: 60, s: 1 };

/** The time that was so long ago: `2m57s`. */
export function ago(age: string, now: number): string {
  const seconds = [...age.matchAll(/(\d+)([dhms])/g)].reduce(
    (sum, [, count, unit = 's']) => sum + Number(count) * (units[unit] ?? 0),
    0,
  );
  return new Date(now - seconds * 1_000).toISOString();
}

export function seedRollout(state: SeedState, now: number): Rollout {
  const { name, age, desired, phase, message, blueGreen, canary, counts, ...rest } = state;
  const [replicas, updatedReplicas, readyReplicas, availableReplicas] = counts;
  const { stableRS, currentPodHash, abort = false } = rest;
  const strategy =
    canary === undefined
      ? { blueGreen: { activeService: 'active' } }
      : {
          canary: {
            steps: stepLists[canary.steps],
            ...(canary.routed === undefined ? {} : { trafficRouting: { plugins: {} } }),
          },
        };
  const weights = { canary: { weight: canary?.routed ?? 0 }, stable: { weight: 100 - (canary?.routed ?? 0) } };
  const object: KubeObject = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name, namespace: 'default', uid: name, generation: 3, creationTimestamp: ago(age, now) },
    spec: { replicas: desired, strategy },
    status: {
      phase,
      message,
      abort,
      stableRS,
      currentPodHash,
      replicas,
      updatedReplicas,
      readyReplicas,
      availableReplicas,
      observedGeneration: '3',
      ...(canary === undefined ? { blueGreen } : { currentStepIndex: canary.index, canary: { weights } }),
    },
  };
  // Written in the words of the CRD, of which it has the fields that are printed.
  return object as Rollout;
}

export function seedBelongings(state: SeedState, now: number): Belongings {
  return {
    replicaSets: state.sets.map((set) => replicaSet(state.name, set, now)),
    pods: state.sets.flatMap((set) => set.pods.map((words) => pod(state.name, set, words, now))),
    experiments: [],
    analysisRuns: [],
  };
}

function replicaSet(rollout: string, set: SeedSet, now: number): ReplicaSet {
  const [replicas, existing, available] = set.size;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${rollout}-${set.hash}`,
      namespace: 'default',
      uid: `${rollout}-${set.hash}`,
      generation: 2,
      creationTimestamp: ago(set.age, now),
      labels: { [hashLabel]: set.hash },
      annotations: {
        [annotationKeys.revision]: String(set.revision),
        ...(set.deadline === undefined
          ? {}
          : { [annotationKeys.scaleDownDeadline]: new Date(now + set.deadline).toISOString() }),
      },
      ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: rollout, uid: rollout }],
    },
    spec: {
      replicas,
      selector: {},
      template: { spec: { containers: set.images.map((image, index) => ({ name: `c${index}`, image })) } },
    },
    status: { observedGeneration: 2, replicas: existing, readyReplicas: available, availableReplicas: available },
  };
}

function pod(rollout: string, set: SeedSet, words: string, now: number): Pod {
  const [end = '', age = '', how = 'Running', readiness = ''] = words.split(' ');
  const owner = `${rollout}-${set.hash}`;
  const isUp = how === 'Running' || how === 'Terminating';
  const containers = set.images.map((_, index) => ({ name: `c${index}` }));
  const state = isUp ? { running: {} } : { waiting: how === 'Pending' ? {} : { reason: how } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${owner}-${end}`,
      namespace: 'default',
      creationTimestamp: ago(age, now),
      ...(how === 'Terminating' ? { deletionTimestamp: new Date(now).toISOString() } : {}),
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner }],
    },
    spec: { containers },
    status: {
      phase: isUp ? 'Running' : 'Pending',
      containerStatuses: containers.map(({ name }) => ({ name, ready: isUp && readiness !== 'unready', state })),
    },
  };
}
