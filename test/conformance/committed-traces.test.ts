import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findFolders } from './folders.ts';
import { replay } from './replay.ts';
import { differenceText } from './report.ts';
import { addresses } from './run-folder.ts';
import { readScenario } from './scenario.ts';
import { mapValues, readTrace, type Recording } from './trace.ts';
import { judge } from './verdict.ts';

const folders = findFolders(join(import.meta.dirname, 'traces'));

const last = <T>(list: readonly T[]): readonly T[] => list.slice(0, -1);

/** Ways in which a controller could behave otherwise, and the part of the report that has to tell it. */
const mutations: readonly [string, (seen: Recording) => Recording, (seen: Recording) => string][] = [
  [
    'the last event is missing',
    (seen) => ({ ...seen, events: mapValues(seen.events, last) }),
    (seen) => `events of ${Object.keys(seen.events)[0] ?? ''}`,
  ],
  [
    'the last state is missing',
    (seen) => ({ ...seen, history: mapValues(seen.history, last) }),
    ({ main }) => `history of ${main}`,
  ],
  ['an object is missing', (seen) => ({ ...seen, history: {} }), () => 'did not appear'],
  ['the last milestone is missing', (seen) => ({ ...seen, milestones: last(seen.milestones) }), () => 'milestones'],
  ['nothing settles', (seen) => ({ ...seen, settled: [] }), () => 'settled'],
  [
    'a hook is called once more',
    (seen) => ({ ...seen, hooks: [...seen.hooks, { at: 0, path: 'x', body: '', status: 200 }] }),
    () => '+ x 200 ""',
  ],
  ['a query is asked in addition', (seen) => ({ ...seen, queries: [...seen.queries, 'up'] }), () => '+ up'],
];

describe.each(folders)('the recording of $name', (folder) => {
  const trace = readTrace(folder.trace);

  it('is a scenario and a trace that is equal to itself', () => {
    expect(readScenario(folder.scenario, addresses)).toMatchObject({ name: folder.name, main: trace.main });
    expect(judge(trace, whole, [])).toEqual({ kind: 'equal' });
  });

  const whole = replay(trace);
  // A Canary that was never taken on has no event to lose.
  const possible = mutations.filter(([name]) => !name.includes('event') || Object.keys(trace.events).length > 0);

  it.each(possible)('is not equal when %s', (_name, mutate, told) => {
    const verdict = judge(trace, mutate(whole), []);
    expect(verdict.kind === 'differs' ? differenceText(verdict.differences) : '').toContain(told(whole));
  });
});
