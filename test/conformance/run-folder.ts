/** Plays one folder from disk and judges it. */
import { existsSync } from 'node:fs';
import { errorText } from '#runtime/error-text.ts';
import type { Deviation } from './deviations.ts';
import type { Folder } from './folders.ts';
import { play, type Played } from './player.ts';
import type { Outcome } from './report.ts';
import { readScenario, ScenarioError, type Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';
import { readTrace, type Trace } from './trace.ts';
import { judge, type Verdict } from './verdict.ts';

/** Hosts of the scripted servers inside the sandbox. */
export const addresses = { metrics: 'http://metrics.sandbox', hooks: 'http://hooks.sandbox' };

/** Makes a fresh cluster with the scenario's controller running in it; its clock starts `phase` milliseconds into a second. */
export type MakeStage = (scenario: Scenario, phase: number) => Promise<Stage>;

/**
 * Kubernetes writes times in whole seconds: a pause of one second, counted from a time without its fraction, lasts anything from nothing to one second.
 * At which fraction a recording began is chance and not recorded, so that one of these is as good as another.
 */
const phases = [0, 300, 600, 900];

/** Never throws for what a user can get wrong: that is the outcome `unplayable`. */
export async function runFolder(folder: Folder, makeStage: MakeStage, rules: readonly Deviation[]): Promise<Outcome> {
  try {
    const scenario = readScenario(folder.scenario, addresses);
    if (!existsSync(folder.trace)) throw new ScenarioError(`Cannot compare: ${folder.trace} is missing`);
    const trace = readTrace(folder.trace);
    return { name: folder.name, verdict: await judgeAtPhases(scenario, trace, makeStage, rules) };
  } catch (error) {
    return {
      name: folder.name,
      verdict: { kind: 'unplayable', message: errorText(error) },
    };
  }
}

/** The first phase at which it does not differ decides; when there is none, the first of all tells how it differs. */
async function judgeAtPhases(
  scenario: Scenario,
  trace: Trace,
  makeStage: MakeStage,
  rules: readonly Deviation[],
): Promise<Verdict> {
  let first: Verdict | undefined;
  for (const phase of phases) {
    const verdict = judgePlayed(trace, await playScenario(scenario, makeStage, phase), rules);
    if (verdict.kind !== 'differs') return verdict;
    first ??= verdict;
  }
  if (first === undefined) throw new Error('There is no phase to play at');
  return first;
}

export async function playScenario(scenario: Scenario, makeStage: MakeStage, phase = 0): Promise<Played> {
  const stage = await makeStage(scenario, phase);
  try {
    return await play(scenario, stage, addresses);
  } finally {
    await stage.stop();
  }
}

function judgePlayed(trace: Trace, { recording, failure }: Played, rules: readonly Deviation[]): Verdict {
  const verdict = judge(trace, recording, rules);
  if (failure === undefined) return verdict;
  const others = verdict.kind === 'differs' ? verdict.differences : [];
  return { kind: 'differs', differences: [{ part: 'play', lines: [failure] }, ...others] };
}
