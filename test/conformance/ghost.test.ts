import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findFolders } from './folders.ts';
import { ghostOf } from './ghost.ts';
import { formatRecording, readTrace } from './trace.ts';
import { reportLines } from './report.ts';
import { addresses, playScenario, runFolder } from './run-folder.ts';
import { stageWith } from './sandbox-stage.ts';
import { readScenario } from './scenario.ts';

/** Here the player writes the same field as the controller; a ghost cannot tell whose change is whose. */
const notForGhosts: ReadonlySet<string> = new Set(['promotion-fails']);

const folders = findFolders(join(import.meta.dirname, 'traces')).filter(({ name }) => !notForGhosts.has(name));

describe('player, recorder and world together, with a controller that writes what the trace shows', () => {
  it.each(folders)('find $name equal', async (folder) => {
    const trace = readTrace(folder.trace);
    const outcome = await runFolder(folder, (scenario) => stageWith(scenario, ghostOf(scenario, trace)), []);
    expect(reportLines(outcome)).toEqual([`equal       ${folder.name}`]);
  });

  it('record the same twice, byte for byte', async () => {
    const folder = findFolders(join(import.meta.dirname, 'traces/confirm-rollout'))[0];
    if (folder === undefined) throw new Error('The scenario is missing');
    const record = async (): Promise<string> => {
      const scenario = readScenario(folder.scenario, addresses);
      const { recording } = await playScenario(scenario, (made) =>
        stageWith(made, ghostOf(made, readTrace(folder.trace))),
      );
      return JSON.stringify(formatRecording(folder.name, recording));
    };
    expect(await record()).toBe(await record());
  });
});
