/** Runs that fail, killed at every write. */
import { describe, expect, it } from 'vitest';
import { hook } from './fault-world.ts';
import { drained, failedByMetric, killedEverywhere } from './histories.ts';
import { killEverywhere } from './killing.ts';

describe('a run that fails ends as it would have', () => {
  killedEverywhere({
    'by its threshold': {
      fixture: { analysis: { stepWeight: 20, threshold: 2, webhooks: [hook('post-rollout')] } },
      play: failedByMetric,
    },
    'by its threshold, with draining': {
      fixture: { analysis: { stepWeight: 20, threshold: 2, webhooks: [hook('post-rollout')] }, ...drained },
      play: failedByMetric,
    },
    'by a pre-rollout hook': {
      fixture: {
        analysis: { stepWeight: 20, threshold: 2, webhooks: [hook('pre-rollout')] },
        hooks: { 'pre-rollout': 500 },
      },
      async play(world) {
        world.setImage('podinfo:2');
        await world.phase('Failed');
      },
    },
    'by a rollback hook that goes on saying so': {
      fixture: {
        analysis: { stepWeight: 20, webhooks: [hook('rollback'), hook('post-rollout')] },
        hooks: { rollback: 403 },
      },
      async play(world) {
        world.setImage('podinfo:2');
        await world.until('at 40%', () => world.weights()?.canary === 40);
        world.hook('rollback', 200);
        await world.phase('Failed');
      },
    },
    'by a deadline': {
      fixture: {
        spec: { progressDeadlineSeconds: 25 },
        analysis: { stepWeight: 20, webhooks: [hook('post-rollout')] },
      },
      async play(world) {
        world.setImage('podinfo:bad');
        await world.phase('Failed');
      },
    },
    'by a deadline, with draining': {
      fixture: {
        spec: { progressDeadlineSeconds: 25 },
        analysis: { stepWeight: 20, webhooks: [hook('post-rollout')] },
        ...drained,
      },
      async play(world) {
        world.setImage('podinfo:bad');
        await world.phase('Failed');
      },
    },
    'and is tried again with another image': {
      fixture: { analysis: { stepWeight: 50, maxWeight: 50, threshold: 1 } },
      async play(world) {
        await failedByMetric(world);
        world.metric(100);
        world.setImage('podinfo:3');
        await world.phase('Succeeded');
      },
    },
  });
});

it('a run that a rollback hook ends by saying so once is lost only by a crash before the answer is written down', async () => {
  const { differences } = await killEverywhere({
    fixture: {
      analysis: { stepWeight: 20, webhooks: [hook('rollback'), hook('post-rollout')] },
      hooks: { rollback: { inTurn: [403, 403, 200, 403] } },
      ...drained,
    },
    async play(world) {
      world.setImage('podinfo:2');
      await world.phase('Failed');
    },
  });
  expect(differences).toEqual([expect.stringMatching(/^killed before write \d+, PATCH .*canaries\/podinfo\/status: /)]);
});
