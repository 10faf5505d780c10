import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findFolders } from './folders.ts';
import { ghostOf } from './ghost.ts';
import { formatRecording, readTrace } from './trace.ts';
import { reportLines } from './report.ts';
import { addresses, playScenario, runFolder } from './run-folder.ts';
import { stageWith } from './sandbox-stage.ts';
import { readScenario } from './scenario.ts';

/**
 * Not for ghosts: where the player writes the same field as the controller, a ghost cannot tell whose change is whose; and where
 * the projection leaves out what an object needs (a header match, ports, a scaler, references to configs), it cannot write that.
 */
const notForGhosts: ReadonlySet<string> = new Set([
  'ab-headers',
  'config-change',
  'config-change-during-analysis',
  'hpa',
  'match-without-path',
  'port-discovery',
  'promotion-fails',
  'revert-on-deletion',
  'route-drift',
  'scale-target',
  'session-affinity',
]);

const folders = findFolders(join(import.meta.dirname, 'traces/canary')).filter(({ name }) => !notForGhosts.has(name));

describe('player, recorder and world together, with a controller that writes what the trace shows', () => {
  it.each(folders)('find $name equal', async (folder) => {
    const trace = readTrace(folder.trace);
    const outcome = await runFolder(folder, (scenario) => stageWith(scenario, ghostOf(scenario, trace)), []);
    expect(reportLines(outcome)).toEqual([`equal       ${folder.name}`]);
  });

  it('record the same twice, byte for byte', async () => {
    const folder = findFolders(join(import.meta.dirname, 'traces/canary/confirm-rollout'))[0];
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
