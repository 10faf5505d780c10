/** Progressive runs that succeed, killed at every write. */
import { describe } from 'vitest';
import { canaries } from '#cluster/resource.ts';
import { type FaultWorld, hook } from './fault-world.ts';
import { drained, killedEverywhere, promoted } from './histories.ts';

const gates = [
  'confirm-rollout',
  'pre-rollout',
  'rollout',
  'confirm-traffic-increase',
  'confirm-promotion',
  'post-rollout',
];

async function promotedUnchecked(world: FaultWorld): Promise<void> {
  world.change(canaries, 'podinfo', { spec: { skipAnalysis: true } });
  await promoted(world);
}

describe('a progressive run ends as it would have', () => {
  killedEverywhere({
    'from the first version on': {
      fixture: { analysis: { stepWeight: 50, maxWeight: 50 } },
      play: promoted,
      fromTheStart: true,
    },
    'from the first version on, with draining': {
      fixture: { analysis: { stepWeight: 50, maxWeight: 50 }, ...drained },
      play: promoted,
      fromTheStart: true,
    },
    'with hooks of every type': {
      fixture: { analysis: { stepWeight: 25, maxWeight: 50, webhooks: gates.map((type) => hook(type)) } },
      play: promoted,
    },
    'promoted in steps': {
      fixture: { analysis: { stepWeight: 50, stepWeightPromotion: 40, webhooks: [hook('post-rollout')] } },
      play: promoted,
    },
    'promoted in steps, with draining': {
      fixture: { analysis: { stepWeights: [10, 60], stepWeightPromotion: 30 }, ...drained },
      play: promoted,
    },
    'with a gate that opens late': {
      fixture: {
        analysis: {
          stepWeight: 50,
          maxWeight: 50,
          webhooks: [hook('confirm-rollout', 'start'), hook('confirm-promotion', 'end')],
        },
        hooks: { start: 403, end: 403 },
      },
      async play(world) {
        world.setImage('podinfo:2');
        await world.phase('Waiting');
        world.hook('start', 200);
        await world.phase('WaitingPromotion');
        world.hook('end', 200);
        await world.phase('Succeeded');
      },
    },
    'with a newer image on the way': {
      fixture: { analysis: { stepWeight: 50, maxWeight: 50 } },
      async play(world) {
        world.setImage('podinfo:2');
        await world.until('at 50%', () => world.weights()?.canary === 50);
        world.setImage('podinfo:3');
        await world.phase('Succeeded');
      },
    },
    'without analysis': {
      fixture: { analysis: { stepWeight: 50, webhooks: [hook('post-rollout')] } },
      play: promotedUnchecked,
    },
    'without analysis, with draining': {
      fixture: { analysis: { stepWeight: 50, webhooks: [hook('post-rollout')] }, ...drained },
      play: promotedUnchecked,
    },
  });
});
