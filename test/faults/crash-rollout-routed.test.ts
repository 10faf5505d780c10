/** Canaries behind a router, killed at every write. */
import { describe } from 'vitest';
import { analysisTemplate, canary } from '../conformance/rollout-fixture.ts';
import { rolloutsKilledEverywhere } from './rollout-histories.ts';
import { abortedAndRetried, failedByAnalysis, overtaken, promoted, promotedInFull, undone } from './rollout-plays.ts';

const paused = [{ setWeight: 25 }, { pause: {} }, { setWeight: 50 }, { pause: { duration: '10s' } }];
const analysed = [{ setWeight: 50 }, { analysis: { templates: [{ templateName: 'good' }] } }];

const replicas = { spec: { replicas: 4 } };
const good = { objects: [analysisTemplate('good')] };

describe('a canary behind a gateway ends as it would have', () => {
  const routed = { ...replicas, behind: 'gatewayApi' } as const;
  rolloutsKilledEverywhere({
    'from the first version on': { fixture: canary({ steps: paused }, routed), play: promoted, fromTheStart: true },
    'aborted and retried': { fixture: canary({ steps: paused }, routed), play: abortedAndRetried },
    'promoted in full': { fixture: canary({ steps: paused }, routed), play: promotedInFull },
    undone: { fixture: canary({ steps: paused }, routed), play: undone },
    'overtaken by a newer image': { fixture: canary({ steps: paused }, routed), play: overtaken },
    'with a stable side that shrinks': {
      fixture: canary({ steps: paused, dynamicStableScale: true }, routed),
      play: promoted,
    },
    'with a stable side that shrinks, aborted and retried': {
      fixture: canary({ steps: paused, dynamicStableScale: true }, routed),
      play: abortedAndRetried,
    },
    'with an analysis that fails': {
      fixture: canary({ steps: analysed }, { ...routed, ...good }),
      play: failedByAnalysis,
    },
  });
});

describe('a canary behind nginx ends as it would have', () => {
  const routed = { ...replicas, behind: 'nginx' } as const;
  rolloutsKilledEverywhere({
    'from the first version on': { fixture: canary({ steps: paused }, routed), play: promoted, fromTheStart: true },
    'aborted and retried': { fixture: canary({ steps: paused }, routed), play: abortedAndRetried },
    undone: { fixture: canary({ steps: paused }, routed), play: undone },
  });
});
