/** What a Rollout refers to may come later: it is looked at again as soon as it is there. */
import { afterEach, expect, it } from 'vitest';
import { analysisTemplates } from '#cluster/resource.ts';
import { analysisTemplate, canary } from './rollout-fixture.ts';
import { type RolloutWorld, rolloutWorld } from './rollout-world.ts';

let world: RolloutWorld | undefined;
afterEach(() => world?.stop());

it('goes on at once when the AnalysisTemplate that it lacked is created', async () => {
  const steps = [{ analysis: { templates: [{ templateName: 'late' }] } }];
  const there = (world = await rolloutWorld(canary({ steps })));
  await there.phase('Degraded');
  expect(there.status().message).toContain('InvalidSpec');
  const [, template] = analysisTemplate('late');
  there.create(analysisTemplates, template);
  await there.phase('Healthy', 10);
});
