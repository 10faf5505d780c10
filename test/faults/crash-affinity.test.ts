/** Runs with session affinity, killed at every write: users keep their version, whatever happens to the controller. */
import { describe } from 'vitest';
import { drained, failedByMetric, killedEverywhere, promoted } from './histories.ts';

const sessionAffinity = { cookieName: 'version', primaryCookieName: 'primary-version' };
const match = [{ headers: { 'x-canary': { exact: 'insider' } } }];

describe('a run with session affinity ends as it would have', () => {
  killedEverywhere({
    promoted: {
      fixture: { analysis: { stepWeight: 25, maxWeight: 50, sessionAffinity } },
      play: promoted,
    },
    'promoted in steps, with draining': {
      fixture: { analysis: { stepWeight: 50, stepWeightPromotion: 40, sessionAffinity }, ...drained },
      play: promoted,
    },
    'rolled back': {
      fixture: { analysis: { stepWeight: 20, threshold: 2, sessionAffinity } },
      play: failedByMetric,
    },
    'with a newer image on the way': {
      fixture: { analysis: { stepWeight: 50, maxWeight: 50, sessionAffinity } },
      async play(world) {
        world.setImage('podinfo:2');
        await world.until('at 50%', () => world.weights()?.canary === 50);
        world.setImage('podinfo:3');
        await world.phase('Succeeded');
      },
    },
    'promoted, and rolled back the next time': {
      fixture: { analysis: { stepWeight: 50, maxWeight: 50, threshold: 1, sessionAffinity } },
      async play(world) {
        await promoted(world);
        world.setImage('podinfo:3');
        await world.until('at 50%', () => world.weights()?.canary === 50);
        world.metric(50);
        await world.phase('Failed');
      },
    },
    'for some users, with a cookie for the canary alone': {
      fixture: { analysis: { iterations: 2, match, sessionAffinity: { cookieName: 'version' } } },
      play: promoted,
    },
  });
});
