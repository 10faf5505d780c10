import { describe, expect, it } from 'vitest';
import type { Deviation } from './deviations.ts';
import { isRecord, type Json } from './json.ts';
import { replay } from './replay.ts';
import { differenceText } from './report.ts';
import { parseTrace, type Recording, type Trace } from './trace.ts';
import { judge, type Verdict } from './verdict.ts';

const canary = 'Canary/podinfo';
const route = 'HTTPRoute/podinfo';
const weights = (primary: number): Json => ({
  backends: [`podinfo-primary:9898 ${primary}`, `podinfo-canary:9898 ${100 - primary}`],
});

const raw = {
  scenario: 'small',
  main: canary,
  history: {
    [canary]: {
      states: [
        { at: 0, set: {} },
        { at: 0.1, set: { phase: 'Initializing', canaryWeight: 0 } },
        { at: 10, set: { phase: 'Progressing', 'condition.Promoted': 'Unknown Progressing: New revision detected.' } },
        { at: 20, set: { canaryWeight: 50, failedChecks: 0 } },
        { at: 30, set: { phase: 'Succeeded', canaryWeight: 0 } },
      ],
    },
    [route]: {
      states: [
        { at: 10, set: { rules: [weights(100)] } },
        { at: 20, set: { rules: [weights(50)] } },
      ],
    },
  },
  milestones: {
    list: [
      { at: 0, set: { [canary]: {} } },
      { at: 10, set: { [canary]: { phase: 'Progressing' }, [route]: { rules: [weights(100)] } } },
    ],
  },
  settled: {
    list: [
      { at: 10, set: { [canary]: { phase: 'Progressing' } } },
      { at: 20, set: { [canary]: { canaryWeight: 50 } } },
    ],
  },
  events: {
    [canary]: {
      list: [
        { at: 10, type: 'Normal', reason: 'Synced', message: 'New revision detected' },
        { at: 20, type: 'Normal', reason: 'Synced', message: 'Advance podinfo.test canary weight 50' },
        { at: 30, type: 'Normal', reason: 'Synced', message: 'Promotion completed' },
      ],
    },
  },
  hooks: { list: [{ at: 20, path: 'gate', body: { phase: 'Progressing' }, status: 200, times: 2 }] },
  queries: { list: ['vector(1)'] },
} satisfies Json;

const trace = parseTrace(raw);
const seen = replay(trace);

function messageOf(verdict: Verdict): string {
  return verdict.kind === 'differs' ? differenceText(verdict.differences) : verdict.kind;
}

/** The trace with another value at a path of its raw form. */
function changed(path: readonly string[], value: unknown): Trace {
  const put = (here: Json, [key = '', ...rest]: readonly string[]): Json => {
    const inner = here[key];
    return { ...here, [key]: rest.length === 0 ? value : put(isRecord(inner) ? inner : {}, rest) };
  };
  return parseTrace(put(raw, path));
}

function withState(index: number, state: Json, at?: number): Recording {
  const moments = [...(seen.history[canary] ?? [])];
  moments[index] = { at: at ?? moments[index]?.at ?? 0, state };
  return { ...seen, history: { ...seen.history, [canary]: moments } };
}

describe('the verdict', () => {
  it('is equal for a recording that shows what the trace shows', () => {
    expect(judge(trace, seen, [])).toEqual({ kind: 'equal' });
  });

  it.each<[string, Recording, string[]]>([
    [
      'a wrong value',
      withState(3, { phase: 'Progressing', canaryWeight: 60 }),
      ['history of Canary/podinfo', 'canaryWeight:', '… → 0 → 60 → 0'],
    ],
    [
      'a missing event',
      { ...seen, events: { [canary]: (seen.events[canary] ?? []).slice(0, 2) } },
      ['events of Canary/podinfo', '- Normal Synced: Promotion completed'],
    ],
    [
      'a missing object',
      { ...seen, history: { [canary]: seen.history[canary] ?? [] } },
      ['history of HTTPRoute/podinfo', 'is in the trace, but did not appear'],
    ],
    [
      'one more object',
      { ...seen, history: { ...seen.history, 'Service/x': [{ at: 1, state: {} }] } },
      ['history of Service/x', 'the trace does not have it'],
    ],
    ['one hook call too few', { ...seen, hooks: seen.hooks.slice(1) }, ['hooks', '- gate 200 {"phase":"Progressing"}']],
    ['one query more', { ...seen, queries: ['up', ...seen.queries] }, ['queries', '+ up']],
    [
      'a missing settled moment',
      { ...seen, settled: seen.settled.slice(0, 1) },
      ['settled', 'number 2 of 2', 'Canary/podinfo canaryWeight: null → 50'],
    ],
    [
      'another milestone',
      { ...seen, milestones: seen.milestones.map(({ at }) => ({ at, objects: {} })) },
      ['milestones', 'Canary/podinfo: expected "an object", got "no object"'],
    ],
  ])('tells %s by object', (_name, recording, parts) => {
    const message = messageOf(judge(trace, recording, []));
    for (const part of parts) expect(message).toContain(part);
  });

  it('says so when fields do not change together', () => {
    const states = [{}, { canaryWeight: 0 }, { phase: 'Initializing', canaryWeight: 0 }];
    const expected = changed(
      ['history', canary, 'states'],
      [
        { at: 0, set: {} },
        { at: 5, set: { phase: 'Initializing', canaryWeight: 0 } },
      ],
    );
    const recording = {
      ...seen,
      history: { ...seen.history, [canary]: states.map((state, index) => ({ at: 10 * index, state })) },
    };
    expect(messageOf(judge(expected, recording, []))).toContain('change 2 is the first that differs');
  });
});

describe('merging', () => {
  it('does not count a state that was replaced at once and shows no other key fields', () => {
    const [first, second, ...rest] = seen.history[canary] ?? [];
    const quick = { at: 9.7, state: { phase: 'Progressing', canaryWeight: 0 } };
    const moments = [first, second, quick, ...rest].flatMap((moment) => (moment ? [moment] : []));
    const recording = (at: number): Recording => ({
      ...seen,
      history: { ...seen.history, [canary]: moments.with(2, { ...quick, at }) },
    });
    expect(judge(trace, recording(9.7), []).kind).toBe('equal');
    expect(judge(trace, recording(9.3), []).kind).toBe('differs');
  });

  it('counts a quick state whose key fields no neighbour has', () => {
    expect(judge(trace, withState(1, { phase: 'Waiting', canaryWeight: 0 }, 9.9), []).kind).toBe('differs');
  });
});

describe('what was not the same in all recordings', () => {
  it('is dropped when unstable, less its final value', () => {
    const expected = changed(['history', route], {
      states: [{ at: 10, set: {} }],
      unstable: ['rules'],
      final: { rules: [weights(50)] },
    });
    expect(judge(expected, seen, []).kind).toBe('equal');
    const other = { ...seen, history: { ...seen.history, [route]: (seen.history[route] ?? []).slice(0, 1) } };
    expect(messageOf(judge(expected, other, []))).toContain('rules at the end: expected');
  });

  it('is compared field by field with match fields', () => {
    const fields = {
      phase: [null, 'Initializing', 'Progressing', 'Succeeded'],
      canaryWeight: [null, 0, 50, 0],
      failedChecks: [null, 0],
      'condition.Promoted': [null, 'Unknown Waiting: once', 'Unknown Progressing: New revision detected.'],
    };
    expect(judge(changed(['history', canary], { match: 'fields', fields }), seen, []).kind).toBe('equal');
    const other = changed(['history', canary], {
      match: 'fields',
      fields: { ...fields, canaryWeight: [null, 0, 20, 50, 0] },
    });
    expect(messageOf(judge(other, seen, []))).toContain('expected  … → 0 → 20 → 50 → 0');
  });

  it('may hold other snapshots in between with match subsequence', () => {
    const list = [{ at: 20, set: { [canary]: { phase: 'Progressing', canaryWeight: 50 } } }];
    expect(judge(changed(['settled'], { match: 'subsequence', list }), seen, []).kind).toBe('equal');
    expect(judge(changed(['settled'], { list }), seen, []).kind).toBe('differs');
  });

  it.each([
    ['unordered', [2, 0, 1], 'equal'],
    ['unordered', [0, 1, 2, 2], 'differs'],
    ['distinct', [2, 2, 1, 0], 'equal'],
    ['distinct', [0, 1], 'differs'],
    ['including', [0, 1, 2], 'equal'],
    ['including', [1, 2], 'differs'],
  ])('compares events that are %s', (match, order, verdict) => {
    const lines = order.flatMap((index) => seen.events[canary]?.[index] ?? []);
    const expected = changed(['events', canary, 'match'], match);
    expect(judge(expected, { ...seen, events: { [canary]: lines } }, []).kind).toBe(verdict);
  });

  it('ends with the 24th event when truncated', () => {
    const lines = Array.from({ length: 30 }, (_, at) => ({ at, type: 'Normal', reason: 'Synced', message: `${at}` }));
    const expected = changed(['events', canary], { truncated: true, list: lines.slice(0, 24) });
    expect(judge(expected, { ...seen, events: { [canary]: lines } }, []).kind).toBe('equal');
  });

  it('leaves unstable objects out', () => {
    const expected = changed(['unstableObjects'], ['Service/x']);
    const recording = { ...seen, history: { ...seen.history, 'Service/x': [{ at: 1, state: {} }] } };
    expect(judge(expected, recording, []).kind).toBe('equal');
  });

  it('compares hook calls path by path', () => {
    const call = (path: string): Json => ({ at: 1, path, body: {}, status: 200 });
    const expected = changed(['hooks'], {
      match: 'paths',
      paths: { a: { list: [call('a')] }, b: { list: [call('b')] } },
    });
    const calls = [...expected.hooks.list, ...replay(expected).hooks].toReversed();
    expect(judge(expected, { ...seen, hooks: calls }, []).kind).toBe('equal');
    expect(messageOf(judge(expected, { ...seen, hooks: calls.slice(1) }, []))).toContain('hooks of b');
  });
});

describe('deviations', () => {
  const rule = (part: Partial<Deviation>): Deviation => ({
    kind: 'Canary',
    field: 'phase',
    after: null,
    reason: 'it is safer',
    row: 'a-row',
    ...part,
  });
  const event = rule({
    kind: 'Event',
    field: 'message',
    before: 'Advance (.*) canary weight (\\d+)',
    after: 'Weight of $1 is $2',
  });
  const weight = rule({ kind: 'Canary', field: 'canaryWeight', before: 50, after: 40 });
  const unused = rule({ kind: 'Canary', field: 'iterations', before: 1, after: 2 });

  it('name the rules that were needed and no others', () => {
    const lines = (seen.events[canary] ?? []).map((line) => ({
      ...line,
      message: line.message.replace('Advance podinfo.test canary weight 50', 'Weight of podinfo.test is 50'),
    }));
    expect(judge(trace, { ...seen, events: { [canary]: lines } }, [unused, event])).toEqual({
      kind: 'deviates',
      rules: [event],
    });
  });

  it('change a field wherever it is shown', () => {
    const other = changed(
      ['history', canary, 'states'],
      raw.history[canary].states.map((state) =>
        state.at === 20 ? { at: 20, set: { canaryWeight: 40, failedChecks: 0 } } : state,
      ),
    );
    const recording = {
      ...replay(other),
      settled: seen.settled.map(({ at, objects }) => ({
        at,
        objects: { [canary]: { ...objects[canary], ...(at === 20 && { canaryWeight: 40 }) } },
      })),
    };
    expect(judge(trace, recording, [weight])).toEqual({ kind: 'deviates', rules: [weight] });
  });

  it('take an event away or allow one more', () => {
    const gone = rule({ kind: 'Event', field: 'message', before: 'Promotion completed', after: null });
    const more = rule({ kind: 'Event', field: 'message', before: null, after: 'Waiting for .*' });
    const lines = [
      ...(seen.events[canary] ?? []).slice(0, 2),
      { at: 5, type: 'Normal', reason: 'Synced', message: 'Waiting for pods' },
    ];
    expect(judge(trace, { ...seen, events: { [canary]: lines } }, [gone, more])).toEqual({
      kind: 'deviates',
      rules: [gone, more],
    });
  });
});
