/** Rules about speed and chance: what they leave open, and what they do not. */
import { describe, expect, it } from 'vitest';
import type { Deviation } from './deviations.ts';
import type { Json } from './json.ts';
import { replay } from './replay.ts';
import { parseTrace, type Recording, type Trace } from './trace.ts';
import { judge } from './verdict.ts';

const web = 'Rollout/web';
const old = 'ReplicaSet/web-hash1';
const created = 'True NewReplicaSetCreated';

const raw = {
  scenario: 'small',
  main: web,
  history: {
    [web]: {
      states: [
        { at: 0, set: { phase: 'Degraded' } },
        { at: 1, set: { 'condition.Progressing': created } },
        { at: 3, set: { 'condition.Progressing': 'True ReplicaSetUpdated', phase: 'Progressing', message: 'a' } },
        {
          at: 5.3,
          set: { pause: ['CanaryPauseStep'], phase: 'Paused', message: 'old replicas are pending termination' },
        },
        { at: 6.1, set: { pause: null, phase: 'Healthy', message: null } },
      ],
    },
    [old]: { states: [{ at: 1, set: { desired: 2 } }] },
    'Service/canary': { unstable: ['selector'], states: [{ at: 0, set: { type: 'ClusterIP' } }] },
  },
  milestones: {
    list: [
      { at: 0, set: { [web]: { phase: 'Degraded' } } },
      { at: 3, set: { [web]: { phase: 'Progressing' } } },
      { at: 5.3, set: { [web]: { phase: 'Paused', pause: ['CanaryPauseStep'] } } },
      { at: 6.1, set: { [web]: { phase: 'Healthy', pause: null } } },
    ],
  },
  settled: {
    list: [
      { at: 0.6, set: { [web]: { phase: 'Degraded' } } },
      { at: 5.9, set: { [web]: { phase: 'Paused' } } },
      { at: 7, set: { [web]: { phase: 'Healthy' }, [old]: { desired: 2 } } },
    ],
  },
  events: { [web]: { list: [{ at: 6.1, type: 'Normal', reason: 'RolloutCompleted', message: 'completed' }] } },
} satisfies Json;

const trace: Trace = parseTrace(raw);
const seen: Recording = replay(trace);

const rule = (part: Partial<Deviation>): Deviation => ({
  kind: 'Rollout',
  field: 'pause',
  reason: 'it is chance',
  row: 'a-row',
  ...part,
});

const kindOf = (recording: Recording, ...rules: readonly Deviation[]): string => judge(trace, recording, rules).kind;

const settled = (at: number, phase: string): Recording['settled'][number] => ({ at, objects: { [web]: { phase } } });

describe('a state that may be skipped', () => {
  const skip = rule({ field: 'condition.Progressing', may: 'skip', before: created });
  const states = seen.history[web] ?? [];
  const without = (index: number): Recording => ({
    ...seen,
    history: { ...seen.history, [web]: states.filter((_, position) => position !== index) },
  });

  it('need not be seen, however long it lasted', () => {
    expect(kindOf(without(1))).toBe('differs');
    expect(kindOf(without(1), skip)).toBe('deviates');
  });

  it('may be seen', () => {
    expect(kindOf(seen, skip)).toBe('equal');
  });

  it('is not another', () => {
    expect(kindOf(without(2), skip)).toBe('differs');
  });
});

describe('messages about pods that may be blurred', () => {
  const blur = rule({ field: 'message', may: 'blur' });
  const told = (message: string): Recording => ({
    ...seen,
    history: {
      ...seen.history,
      [web]: (seen.history[web] ?? []).map(({ at, state }) =>
        at === 5.3 ? { at, state: { ...state, message } } : { at, state },
      ),
    },
  });

  it('count as one, and no other does', () => {
    expect(kindOf(told('more replicas need to be updated'))).toBe('differs');
    expect(kindOf(told('more replicas need to be updated'), blur)).toBe('deviates');
    expect(kindOf(told('manually paused'), blur)).toBe('differs');
  });
});

describe('a cluster that may be at rest or not', () => {
  const short = rule({ may: 'rest' });
  const unstable = rule({ kind: 'Service', field: 'selector', may: 'rest' });
  const [first, paused, end] = seen.settled;

  it('is not at rest in a value of less than a second, or it is', () => {
    const recording = { ...seen, settled: [first, end].filter((one) => one !== undefined) };
    expect(kindOf(recording)).toBe('differs');
    expect(kindOf(recording, short)).toBe('deviates');
    expect(kindOf({ ...seen, settled: [] }, short)).toBe('differs');
  });

  it('is at rest where the recordings were not the same', () => {
    const recording = { ...seen, settled: [...[first, paused].filter((one) => one !== undefined), settled(6.5, 'x')] };
    expect(kindOf(recording, unstable)).toBe('differs');
    const more = {
      ...seen,
      settled: [...seen.settled.slice(0, 2), settled(6.5, 'Progressing'), ...seen.settled.slice(2)],
    };
    expect(kindOf(more)).toBe('differs');
    expect(kindOf(more, short)).toBe('differs');
    expect(kindOf(more, unstable)).toBe('deviates');
  });
});

describe('a field that goes on where the original stays', () => {
  const goesOn = rule({ kind: 'ReplicaSet', field: 'desired', ends: 'goes on', after: 0 });
  const event = { at: 6.1, type: 'Normal', reason: 'ScalingReplicaSet', message: 'Scaled down' };
  const gone: Recording = {
    ...seen,
    history: { ...seen.history, [old]: [...(seen.history[old] ?? []), { at: 6.1, state: { desired: 0 } }] },
    settled: [...seen.settled.slice(0, 2), { at: 7, objects: { [web]: { phase: 'Healthy' }, [old]: { desired: 0 } } }],
    events: { [web]: [...(seen.events[web] ?? []), event] },
  };

  it('ends the comparison, in the instant in which the rest was over', () => {
    expect(kindOf(gone)).toBe('differs');
    expect(kindOf(gone, goesOn)).toBe('deviates');
  });

  it('is none when the recordings were not the same there', () => {
    const history = {
      ...trace.history,
      [old]: { states: [{ at: 1, state: {} }], unstable: ['desired'], coarse: [], final: { desired: 2 } },
    };
    expect(judge({ ...trace, history }, gone, [goesOn]).kind).toBe('differs');
  });

  it('does not hide what is missing before', () => {
    expect(kindOf({ ...gone, events: { [web]: [event] } }, goesOn)).toBe('differs');
    expect(kindOf({ ...gone, milestones: gone.milestones.slice(0, -1) }, goesOn)).toBe('differs');
    const early = [...(seen.history[old] ?? []), { at: 4, state: { desired: 0 } }];
    expect(kindOf({ ...gone, history: { ...gone.history, [old]: early } }, goesOn)).toBe('differs');
  });
});
