/** Blue/Green and A/B runs, killed at every write. */
import { describe } from 'vitest';
import { hook } from './fault-world.ts';
import { drained, failedByMetric, killedEverywhere, promoted } from './histories.ts';

const kubernetes = { spec: { provider: 'kubernetes', service: { port: 9898, gatewayRefs: null } } };
const match = [{ headers: { 'x-canary': { exact: 'insider' } } }];

describe('a test by iterations ends as it would have', () => {
  killedEverywhere({
    'behind the kubernetes provider': {
      fixture: { ...kubernetes, analysis: { iterations: 2, webhooks: [hook('pre-rollout'), hook('post-rollout')] } },
      play: promoted,
    },
    'behind the kubernetes provider from the first version on, with draining': {
      fixture: { ...kubernetes, analysis: { iterations: 2 }, ...drained },
      play: promoted,
      fromTheStart: true,
    },
    'behind the kubernetes provider, rolled back': {
      fixture: { ...kubernetes, analysis: { iterations: 5, threshold: 2, webhooks: [hook('post-rollout')] } },
      async play(world) {
        world.setImage('podinfo:2');
        await world.until('under way', () => Number(world.status()['iterations']) > 0);
        world.metric(50);
        await world.phase('Failed');
      },
    },
    'behind a gateway': { fixture: { analysis: { iterations: 2 } }, play: promoted },
    'behind a gateway, mirrored and promoted in steps, with draining': {
      fixture: { analysis: { iterations: 2, mirror: true, stepWeightPromotion: 50 }, ...drained },
      play: promoted,
    },
    'behind a gateway with a gate': {
      fixture: { analysis: { iterations: 1, webhooks: [hook('confirm-promotion', 'gate')] }, hooks: { gate: 403 } },
      async play(world) {
        world.setImage('podinfo:2');
        await world.phase('WaitingPromotion');
        world.hook('gate', 200);
        await world.phase('Succeeded');
      },
    },
    'for some users': { fixture: { analysis: { iterations: 2, match, webhooks: [hook('rollout')] } }, play: promoted },
    'for some users, rolled back': {
      fixture: { analysis: { iterations: 5, match, threshold: 2, webhooks: [hook('post-rollout')] } },
      play: failedByMetric,
    },
  });
});
