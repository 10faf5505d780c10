/** An analysis that could not be judged holds a Rollout until a person does; nothing else waits longer for it. */
import { afterEach, expect, it } from 'vitest';
import { analysisTemplate, canary } from './rollout-fixture.ts';
import { type RolloutWorld, rolloutWorld } from './rollout-world.ts';

let world: RolloutWorld | undefined;
afterEach(() => world?.stop());

it('a pause step ends by its time beside an inconclusive analysis in the background', async () => {
  const steps = [{ setWeight: 50 }, { pause: { duration: '30s' } }, { setWeight: 80 }];
  const analysis = { templates: [{ templateName: 'unclear' }], startingStep: 1 };
  const unclear = { failureCondition: 'result[0] < 0', successCondition: 'result[0] > 9', count: 1 };
  const there = (world = await rolloutWorld(
    canary({ steps, analysis }, { objects: [analysisTemplate('unclear', unclear)] }),
  ));
  await there.promoted('web:1');
  there.setImage('web:2');
  await there.phase('Paused');
  const reasons = (): unknown => (there.status().pauseConditions ?? []).map(({ reason }) => reason);
  await there.until('held by both', () => JSON.stringify(reasons()).includes('Inconclusive'), 15);
  expect(reasons()).toEqual(['CanaryPauseStep', 'InconclusiveAnalysisRun']);
  await there.until('held by the analysis alone', () => there.status().message === 'InconclusiveAnalysisRun', 35);
  expect(there.status()).toMatchObject({ phase: 'Paused', currentStepIndex: 2 });
});
