/** Canaries without a router, killed at every write. */
import { describe } from 'vitest';
import { analysisTemplate, canary } from '../conformance/rollout-fixture.ts';
import { rolloutsKilledEverywhere } from './rollout-histories.ts';
import {
  abortedAndRetried,
  failedByAnalysis,
  overtaken,
  promoted,
  promotedInFull,
  undone,
  updated,
} from './rollout-plays.ts';

const paused = [{ setWeight: 25 }, { pause: {} }, { setWeight: 50 }, { pause: { duration: '10s' } }];
const analysed = [{ setWeight: 50 }, { analysis: { templates: [{ templateName: 'good' }] } }];

const replicas = { spec: { replicas: 4 } };
const good = { objects: [analysisTemplate('good')] };
const background = {
  analysis: { templates: [{ templateName: 'good' }] },
  steps: [{ setWeight: 50 }, { pause: { duration: '25s' } }],
};
const endless = { objects: [analysisTemplate('good', { count: undefined })] };

describe('a canary by replica counts ends as it would have', () => {
  rolloutsKilledEverywhere({
    'from the first version on': { fixture: canary({ steps: paused }, replicas), play: promoted, fromTheStart: true },
    'without steps': { fixture: canary({}, replicas), play: updated },
    'aborted and retried': { fixture: canary({ steps: paused }, replicas), play: abortedAndRetried },
    'promoted in full': { fixture: canary({ steps: paused }, replicas), play: promotedInFull },
    undone: { fixture: canary({ steps: paused }, replicas), play: undone },
    'overtaken by a newer image': { fixture: canary({ steps: paused }, replicas), play: overtaken },
    'with an analysis': { fixture: canary({ steps: analysed }, { ...replicas, ...good }), play: updated },
    'with an analysis that fails': {
      fixture: canary({ steps: analysed }, { ...replicas, ...good }),
      play: failedByAnalysis,
    },
    'with a background analysis': { fixture: canary(background, { ...replicas, ...endless }), play: updated },
  });
});
