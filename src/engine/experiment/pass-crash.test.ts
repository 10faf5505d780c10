import { describe, expect, it } from 'vitest';
import type { AnalysisRun } from '#api/analysis-run.ts';
import { after, aTemplate, check, play } from './played-experiment.ts';

describe('an Experiment whose controller dies', () => {
  const spec = {
    templates: [
      aTemplate('a', {
        service: {},
        template: {
          metadata: { labels: { app: 'a' } },
          spec: { containers: [{ name: 'c', ports: [{ containerPort: 80 }] }] },
        },
      }),
      aTemplate('b'),
    ],
    duration: '10s',
    scaleDownDelaySeconds: 2,
    analyses: [
      { name: 'x', templateName: 'check', requiredForCompletion: true },
      { name: 'y', templateName: 'check' },
    ],
  };
  const player = {
    templates: [check],
    run: (run: AnalysisRun, age: number) =>
      run.metadata.name === 'exp-x' ? after(5, 'Successful')(run, age) : undefined,
    until: 20,
  };

  it.each(Array.from({ length: 40 }, (_item, at) => at + 1))('after effect %d comes to the same end', (crashAfter) => {
    const untroubled = play(spec, player);
    const { status, world } = play(spec, { ...player, crashAfter });
    expect(status).toMatchObject({ phase: 'Successful', message: 'Required AnalysisRuns completed' });
    expect(status.templateStatuses?.map((one) => one.status)).toEqual(['Successful', 'Successful']);
    for (const kind of ['sets', 'services', 'runs'] as const) {
      expect([...world[kind].keys()]).toEqual([...untroubled.world[kind].keys()]);
    }
    expect([...world.sets.values()].map(({ spec }) => spec.replicas)).toEqual([0, 0]);
    expect(world.runs.get('exp-y')?.spec.terminate).toBe(true);
  });
});
