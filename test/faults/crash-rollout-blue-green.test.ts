/** Blue/Green Rollouts, and those that take their template from a Deployment, killed at every write. */
import { describe } from 'vitest';
import { deployments } from '#cluster/resource.ts';
import { analysisTemplate, blueGreen, canary, deployment } from '../conformance/rollout-fixture.ts';
import type { RolloutWorld } from '../conformance/rollout-world.ts';
import { rolloutsKilledEverywhere } from './rollout-histories.ts';
import { abortedAndRetried, failedByAnalysis, promoted, promotedInFull, updated } from './rollout-plays.ts';

const byHand = { autoPromotionEnabled: false };
const replicas = { spec: { replicas: 3 } };
const good = [analysisTemplate('good')];
const templates = { templates: [{ templateName: 'good' }] };

/** Back to the first version while its pods still run. */
async function undoneInDelay(world: RolloutWorld): Promise<void> {
  await updated(world);
  world.setImage('web:1');
  await world.promoted('web:1');
}

describe('a blue-green Rollout ends as it would have', () => {
  rolloutsKilledEverywhere({
    'from the first version on': { fixture: blueGreen({}, replicas), play: updated, fromTheStart: true },
    'promoted by hand': { fixture: blueGreen(byHand, replicas), play: promoted },
    'with a small preview': { fixture: blueGreen({ ...byHand, previewReplicaCount: 1 }, replicas), play: promoted },
    'promoted in full': {
      fixture: blueGreen({ ...byHand, previewReplicaCount: 1 }, replicas),
      play: promotedInFull,
    },
    'aborted and retried': { fixture: blueGreen(byHand, replicas), play: abortedAndRetried },
    'undone in the delay': { fixture: blueGreen({}, replicas), play: undoneInDelay },
    'with analyses before and after': {
      fixture: blueGreen(
        { prePromotionAnalysis: templates, postPromotionAnalysis: templates },
        { ...replicas, objects: good },
      ),
      play: updated,
    },
    'with an analysis before that fails': {
      fixture: blueGreen({ prePromotionAnalysis: templates }, { ...replicas, objects: good }),
      play: failedByAnalysis,
    },
    'with an analysis after that fails': {
      fixture: blueGreen({ postPromotionAnalysis: templates }, { ...replicas, objects: good }),
      play: failedByAnalysis,
    },
  });
});

const workloadRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', scaleDown: 'onsuccess' };

function deploymentChanges(play: (world: RolloutWorld) => Promise<void>): (world: RolloutWorld) => Promise<void> {
  const setImage = (world: RolloutWorld, image: string): void =>
    world.change(deployments, 'web', { spec: { template: { spec: { containers: [{ name: 'web', image }] } } } });
  return (world) => play({ ...world, setImage: (image) => setImage(world, image) });
}

/** Only the first version takes the pods of the Deployment away. */
const ready = (world: RolloutWorld): boolean =>
  (world.get(deployments, 'web')?.['spec'] as { replicas?: number } | undefined)?.replicas === 0; // a Deployment

describe('a Rollout of a Deployment ends as it would have', () => {
  rolloutsKilledEverywhere({
    'as blue-green from the first version on': {
      fixture: blueGreen(byHand, { spec: { workloadRef }, objects: [deployment()] }),
      ready,
      play: deploymentChanges(promoted),
      fromTheStart: true,
    },
    'as a canary from the first version on': {
      fixture: canary(
        { steps: [{ setWeight: 50 }, { pause: {} }] },
        { spec: { workloadRef: { ...workloadRef, scaleDown: 'progressively' } }, objects: [deployment()] },
      ),
      ready,
      play: deploymentChanges(promoted),
      fromTheStart: true,
    },
    'as a canary behind a gateway, aborted and retried': {
      fixture: canary(
        { steps: [{ setWeight: 50 }, { pause: {} }] },
        { behind: 'gatewayApi', spec: { workloadRef }, objects: [deployment()] },
      ),
      ready,
      play: deploymentChanges(abortedAndRetried),
    },
  });
});
