/** Built-in functions on times, and the methods of times and durations. */
import { parseDuration } from '#api/duration.ts';
import { argument, define, textArgument, typed } from './builtin.ts';
import type { Builtin } from './builtin.ts';
import { fail } from './expression-error.ts';
import { readByLayout } from './go-layout.ts';
import { movedBy } from './operations.ts';
import * as types from './types.ts';
import { textOf } from './value-text.ts';
import { isSpecial, typeName } from './values.ts';
import type { Duration, Time, Value } from './values.ts';

export const timeBuiltins: readonly Builtin[] = [
  define('now', [0, 0], types.time, (_args, { now }) => ({ is: 'time', nanoseconds: now, zone: 'UTC' })),
  define('duration', [1, 1], types.duration, (args) => durationOf(textArgument(args, 0)), typed(['string'], 'string')),
  define('date', [1, 3], types.time, (args) => dateOf(args)),
  define(
    'timezone',
    [1, 1],
    types.zone,
    (args) => ({ is: 'zone', name: zoneOf(textArgument(args, 0)) }),
    typed(['string'], 'string'),
  ),
];

function durationOf(text: string): Duration {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) return fail(`time: invalid duration ${JSON.stringify(text)}`);
  return { is: 'duration', nanoseconds: BigInt(Math.round(milliseconds * 1e6)) };
}

/** The name of a time zone that is known here. */
function zoneOf(name: string): string {
  const zone = name === '' || name === 'Local' ? 'UTC' : name;
  try {
    return new Temporal.Instant(0n).toZonedDateTimeISO(zone).timeZoneId;
  } catch {
    return fail(`unknown time zone ${name}`);
  }
}

/** What `date` reads without being told a layout: the usual ways to write one. */
const layouts = [
  '2006-01-02',
  '15:04:05',
  '2006-01-02 15:04:05',
  '2006-01-02T15:04:05Z07:00',
  '02 Jan 06 15:04 MST',
  'Monday, 02-Jan-06 15:04:05 MST',
  'Mon, 02 Jan 2006 15:04:05 MST',
] as const;

/** `date(text)`, `date(text, layout)`, `date(text, layout, zone)`; a time zone may also come first. */
function dateOf(args: readonly Value[]): Time {
  const [first = null] = args;
  const leading = isSpecial(first, 'zone') ? first.name : undefined;
  const rest = leading === undefined ? args : args.slice(1);
  const text = textArgument(rest, 0);
  const zone = rest.length > 2 ? zoneOf(textArgument(rest, 2)) : (leading ?? 'UTC');
  for (const layout of rest.length > 1 ? [textArgument(rest, 1)] : layouts) {
    const nanoseconds = readByLayout(text, layout, zone);
    if (nanoseconds !== undefined) return { is: 'time', nanoseconds, zone };
  }
  return fail(`invalid date ${text}`);
}

const perHour = 3_600_000_000_000;
type Method<Of> = (self: Of, args: readonly Value[]) => Value;

const local = (time: Time): Temporal.ZonedDateTime =>
  new Temporal.Instant(time.nanoseconds).toZonedDateTimeISO(time.zone);
const whole = (value: number): bigint => BigInt(value);

const timeMethods: Readonly<Record<string, Method<Time>>> = {
  Year: (time) => whole(local(time).year),
  Month: (time) => whole(local(time).month),
  Day: (time) => whole(local(time).day),
  Hour: (time) => whole(local(time).hour),
  Minute: (time) => whole(local(time).minute),
  Second: (time) => whole(local(time).second),
  Nanosecond: (time) => ((time.nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n,
  /** Sunday is 0. */
  Weekday: (time) => whole(local(time).dayOfWeek % 7),
  YearDay: (time) => whole(local(time).dayOfYear),
  Unix: (time) => floored(time.nanoseconds, 1_000_000_000n),
  UnixMilli: (time) => floored(time.nanoseconds, 1_000_000n),
  UnixMicro: (time) => floored(time.nanoseconds, 1_000n),
  UnixNano: (time) => time.nanoseconds,
  UTC: (time) => ({ ...time, zone: 'UTC' }),
  In: (time, args) => {
    const zone = argument(args, 0);
    return isSpecial(zone, 'zone') ? { ...time, zone: zone.name } : unsuitedMethod('In', zone);
  },
  Add: (time, args) => movedBy(time, durationArgument('Add', args).nanoseconds),
  Sub: (time, args) => ({ is: 'duration', nanoseconds: time.nanoseconds - timeArgument('Sub', args).nanoseconds }),
  AddDate: (time, args) => added(time, args),
  Truncate: (time, args) => truncatedTo(time, durationArgument('Truncate', args).nanoseconds),
  Before: (time, args) => time.nanoseconds < timeArgument('Before', args).nanoseconds,
  After: (time, args) => time.nanoseconds > timeArgument('After', args).nanoseconds,
  Equal: (time, args) => time.nanoseconds === timeArgument('Equal', args).nanoseconds,
  IsZero: () => false,
  String: (time) => textOf(time),
};

const durationMethods: Readonly<Record<string, Method<Duration>>> = {
  Hours: ({ nanoseconds }) => Number(nanoseconds) / perHour,
  Minutes: ({ nanoseconds }) => Number(nanoseconds) / (perHour / 60),
  Seconds: ({ nanoseconds }) => Number(nanoseconds) / 1e9,
  Milliseconds: ({ nanoseconds }) => nanoseconds / 1_000_000n,
  Microseconds: ({ nanoseconds }) => nanoseconds / 1_000n,
  Nanoseconds: ({ nanoseconds }) => nanoseconds,
  Abs: ({ nanoseconds }) => ({ is: 'duration', nanoseconds: nanoseconds < 0n ? -nanoseconds : nanoseconds }),
  String: (duration) => textOf(duration),
};

/** The method of a time or a duration, ready to be called. */
export function methodOf(value: Value, name: string): ((args: readonly Value[]) => Value) | undefined {
  if (isSpecial(value, 'time') && Object.hasOwn(timeMethods, name))
    return (args) => timeMethods[name]?.(value, args) ?? null;
  if (isSpecial(value, 'duration') && Object.hasOwn(durationMethods, name)) {
    return (args) => durationMethods[name]?.(value, args) ?? null;
  }
  return undefined;
}

export const hasMethod = (kind: 'time' | 'duration', name: string): boolean =>
  Object.hasOwn(kind === 'time' ? timeMethods : durationMethods, name);

function unsuitedMethod(name: string, value: Value): never {
  return fail(`cannot use ${typeName(value)} as argument to call ${name}`);
}

function durationArgument(name: string, args: readonly Value[]): Duration {
  const value = argument(args, 0);
  return isSpecial(value, 'duration') ? value : unsuitedMethod(name, value);
}

function timeArgument(name: string, args: readonly Value[]): Time {
  const value = argument(args, 0);
  return isSpecial(value, 'time') ? value : unsuitedMethod(name, value);
}

function floored(value: bigint, unit: bigint): bigint {
  const quotient = value / unit;
  return value < 0n && value % unit !== 0n ? quotient - 1n : quotient;
}

function added(time: Time, args: readonly Value[]): Time {
  const [years = 0, months = 0, days = 0] = args.map(Number);
  try {
    return { ...time, nanoseconds: local(time).add({ years, months, days }).epochNanoseconds };
  } catch {
    return fail('the time is out of range');
  }
}

function truncatedTo(time: Time, unit: bigint): Time {
  return unit <= 0n ? time : { ...time, nanoseconds: floored(time.nanoseconds, unit) * unit };
}
