import { describe, expect, it } from 'vitest';
import { analysisHistories, killWhileMeasuring, playAnalysis } from './analysis-histories.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { analysisWorld, jobMetric } from '../conformance/analysis-world.ts';
import { killAround } from './killing.ts';
import type { Kill } from './mortal-process.ts';
import { type Begin, oneMortal } from './processes.ts';

const isUnfinished = ({ status }: KubeObject): boolean => !JSON.stringify(status ?? {}).includes('Complete');
const histories = Object.entries(analysisHistories);

/** As when one was paused, and another has taken over. */
const twoAtOnce: Begin = (surroundings) => {
  const [first, second] = [oneMortal()(surroundings), oneMortal()(surroundings)];
  return {
    silenceWatches() {
      first.silenceWatches();
      second.silenceWatches();
    },
    die(downtime) {
      first.die(downtime);
      second.die(downtime);
    },
    resume() {},
  };
};

describe('an AnalysisRun', () => {
  it.each(histories)('%s comes to the same verdict wherever its controller dies', async (_name, history) => {
    const { kills, differences } = await killAround((begin) => playAnalysis(history, begin), { fromTheStart: true });
    expect(differences).toEqual([]);
    expect(kills).toBeGreaterThanOrEqual(4);
  });

  it.each(['after', 'before'] as const)(
    'that is terminated leaves no Job behind of which its controller, dead %s the write, never heard',
    async (when) => {
      const kill: Kill = { write: when === 'after' ? 1 : 2, when, downtime: 4_000 };
      const world = await analysisWorld({}, oneMortal(kill));
      world.start({ metrics: [jobMetric('works', 'forever', { interval: '1h' })] });
      await world.until('a Job', () => world.jobs().length > 0);
      expect(world.status().metricResults).toBeUndefined();
      world.edit({ terminate: true });
      await world.ended(30);
      await world.pass(1_000);
      await world.stop();
      expect(world.jobs().filter(isUnfinished)).toEqual([]);
      expect(world.broken).toEqual([]);
    },
  );

  it.each(histories)('%s counts every measurement once when two controllers work on it', async (_name, history) => {
    const [alone, both] = [await playAnalysis(history), await playAnalysis(history, twoAtOnce)];
    expect(both.end).toEqual(alone.end);
    expect(both.broken).toEqual([]);
  });

  const measured = histories.filter(([, { isSilent = false, play }]) => !isSilent && play === undefined);
  it.each(measured)('%s loses and doubles no measurement in which its controller dies', async (_name, history) => {
    const { kills, differences } = await killWhileMeasuring(history, 3_000);
    expect(differences).toEqual([]);
    expect(kills).toBeGreaterThanOrEqual(1);
  });
});
