/** Compares milestones and settled moments: the states of all objects at once. */
import { asDifference, type Difference } from './difference.ts';
import { canonical, sameJson } from './json.ts';
import { pick } from './object-parts.ts';
import type { State } from './projection.ts';
import type { ExpectedSnapshots, Snapshot } from './trace.ts';

type Objects = Readonly<Record<string, State>>;

export function compareSnapshots(
  part: 'milestones' | 'settled',
  expected: ExpectedSnapshots,
  actual: readonly Snapshot[],
  unstableObjects: readonly string[],
): readonly Difference[] {
  const mentioned = mentionedFields(expected.list);
  const stable = (snapshot: Snapshot): Snapshot => ({
    ...snapshot,
    objects: Object.fromEntries(
      Object.entries(snapshot.objects)
        .filter(([key]) => !unstableObjects.includes(key))
        .map(([key, state]) => [key, pick(state, (field) => isStable(expected, mentioned, key, field))]),
    ),
  });
  const seen = distinct(actual.map(stable));
  const isSeen = ({ objects }: Snapshot): boolean => seen.some((one) => sameJson(one.objects, objects));
  const wanted = distinct(
    expected.list.map(stable).filter((snapshot) => snapshot.isOptional !== true || isSeen(snapshot)),
  );
  const lines = expected.subsequence ? subsequenceLines(wanted, seen) : equalLines(wanted, seen);
  return asDifference(part, undefined, lines);
}

/** The format leaves open whether snapshots hold these; where a trace shows none for an object, they are not compared. */
const optionalFields: ReadonlySet<string> = new Set(['nodeSelector', 'paused']);

function isStable(expected: ExpectedSnapshots, mentioned: ReadonlySet<string>, key: string, field: string): boolean {
  if (expected.unstable[key]?.includes(field) === true) return false;
  return !optionalFields.has(field) || mentioned.has(`${key} ${field}`);
}

function mentionedFields(snapshots: readonly Snapshot[]): ReadonlySet<string> {
  return new Set(
    snapshots.flatMap(({ objects }) =>
      Object.entries(objects).flatMap(([key, state]) => Object.keys(state).map((field) => `${key} ${field}`)),
    ),
  );
}

function distinct(snapshots: readonly Snapshot[]): readonly Snapshot[] {
  return snapshots.filter(({ objects }, index) => index === 0 || !sameJson(snapshots[index - 1]?.objects, objects));
}

function equalLines(wanted: readonly Snapshot[], seen: readonly Snapshot[]): readonly string[] {
  const count = Math.max(wanted.length, seen.length);
  for (let index = 0; index < count; index++) {
    const [expected, actual] = [wanted[index], seen[index]];
    if (expected && actual && sameJson(expected.objects, actual.objects)) continue;
    const title = `number ${index + 1} of ${wanted.length} is the first that differs`;
    if (expected === undefined)
      return [`${title}: one too many`, ...changeLines(seen[index - 1]?.objects ?? {}, actual?.objects ?? {})];
    if (actual === undefined)
      return [`${title}: it is missing`, ...changeLines(wanted[index - 1]?.objects ?? {}, expected.objects)];
    return [
      `${title} (expected at ${expected.at} s, got at ${actual.at} s)`,
      ...objectLines(expected.objects, actual.objects),
    ];
  }
  return [];
}

function subsequenceLines(wanted: readonly Snapshot[], seen: readonly Snapshot[]): readonly string[] {
  let from = 0;
  for (const [index, expected] of wanted.entries()) {
    const found = seen.findIndex((actual, position) => position >= from && sameJson(expected.objects, actual.objects));
    if (found < 0) {
      const title = `number ${index + 1} of ${wanted.length} (at ${expected.at} s) was not seen after the one before`;
      const nearest = nearestTo(expected.objects, seen.slice(from));
      return nearest
        ? [`${title}; the nearest is at ${nearest.at} s`, ...objectLines(expected.objects, nearest.objects)]
        : [title];
    }
    from = found + 1;
  }
  return [];
}

function nearestTo(objects: Objects, snapshots: readonly Snapshot[]): Snapshot | undefined {
  const distance = (snapshot: Snapshot): number => objectLines(objects, snapshot.objects).length;
  return snapshots.reduce<Snapshot | undefined>(
    (best, snapshot) => (best === undefined || distance(snapshot) < distance(best) ? snapshot : best),
    undefined,
  );
}

/** One line for each field that is not the same. */
function objectLines(expected: Objects, actual: Objects): readonly string[] {
  return fieldPairs(expected, actual).map(
    ({ name, before, after }) => `${name}: expected ${canonical(before)}, got ${canonical(after)}`,
  );
}

function changeLines(before: Objects, after: Objects): readonly string[] {
  return fieldPairs(before, after).map((pair) => `${pair.name}: ${canonical(pair.before)} → ${canonical(pair.after)}`);
}

function fieldPairs(first: Objects, second: Objects): readonly { name: string; before: unknown; after: unknown }[] {
  const keys = [...new Set([...Object.keys(first), ...Object.keys(second)])].sort();
  return keys.flatMap((key) => {
    const [before, after] = [first[key], second[key]];
    if (before === undefined || after === undefined) {
      return [
        {
          name: key,
          before: before === undefined ? 'no object' : 'an object',
          after: after === undefined ? 'no object' : 'an object',
        },
      ];
    }
    const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return fields
      .filter((field) => !sameJson(before[field] ?? null, after[field] ?? null))
      .map((field) => ({ name: `${key} ${field}`, before: before[field] ?? null, after: after[field] ?? null }));
  });
}
