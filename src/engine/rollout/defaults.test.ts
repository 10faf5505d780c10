import { describe, expect, it } from 'vitest';
import type { Rollout } from '#api/rollout.ts';
import {
  abortScaleDownDelaySecondsOf,
  isAutoPromotionEnabled,
  maxWeightOf,
  minReadySecondsOf,
  progressDeadlineSecondsOf,
  replicasOf,
  revisionHistoryLimitOf,
  scaleDownDelaySecondsOf,
  stepsOf,
  trafficRoutingOf,
} from './defaults.ts';
import { rolloutWith } from './validation/rollout-with.ts';

const blueGreen = (more: object = {}) => rolloutWith({ strategy: { blueGreen: { activeService: 'a', ...more } } });
const canary = (more: object = {}) => rolloutWith({ strategy: { canary: more } });
const routed = (more: object = {}) => canary({ trafficRouting: { smi: {} }, ...more });

describe('what a Rollout means where its user wrote nothing', () => {
  it.each<[string, (rollout: Rollout) => unknown, Rollout, unknown]>([
    ['replicas', replicasOf, canary(), 1],
    ['revisionHistoryLimit', revisionHistoryLimitOf, canary(), 10],
    ['revisionHistoryLimit of 0', revisionHistoryLimitOf, rolloutWith({ revisionHistoryLimit: 0 }), 0],
    ['progressDeadlineSeconds', progressDeadlineSecondsOf, canary(), 600],
    ['minReadySeconds', minReadySecondsOf, canary(), 0],
    ['autoPromotionEnabled', isAutoPromotionEnabled, blueGreen(), true],
    ['autoPromotionEnabled that is off', isAutoPromotionEnabled, blueGreen({ autoPromotionEnabled: false }), false],
    ['steps', stepsOf, canary(), []],
    ['the most weight', maxWeightOf, routed(), 100],
    ['the most weight of its own', maxWeightOf, canary({ trafficRouting: { maxTrafficWeight: 1000 } }), 1000],
    ['the delay of Blue/Green', scaleDownDelaySecondsOf, blueGreen(), 30],
    ['the delay of Blue/Green that is 0', scaleDownDelaySecondsOf, blueGreen({ scaleDownDelaySeconds: 0 }), 0],
    ['the delay of a canary', scaleDownDelaySecondsOf, canary({ scaleDownDelaySeconds: 5 }), 0],
    ['the delay of a canary with a router', scaleDownDelaySecondsOf, routed(), 30],
    ['the delay after an abort of Blue/Green', abortScaleDownDelaySecondsOf, blueGreen(), 30],
    ['no delay after an abort', abortScaleDownDelaySecondsOf, blueGreen({ abortScaleDownDelaySeconds: 0 }), undefined],
    ['the delay after an abort of a canary', abortScaleDownDelaySecondsOf, canary(), 0],
    ['the delay after an abort with a router', abortScaleDownDelaySecondsOf, routed(), 30],
    ['a router', trafficRoutingOf, routed(), { smi: {} }],
    ['settings without a router', trafficRoutingOf, canary({ trafficRouting: { managedRoutes: [] } }), undefined],
  ])('%s', (_name, meant, rollout, expected) => {
    expect(meant(rollout)).toEqual(expected);
  });
});
