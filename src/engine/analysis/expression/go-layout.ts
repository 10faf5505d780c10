/** Reads a date by a layout of Go's: an example of how the moment 2006-01-02 15:04:05 would be written. */

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** What a piece of a layout stands for, as a group of a regular expression; the longest piece first. */
const pieces: readonly (readonly [string, string])[] = [
  ['January', '(?<month>[A-Za-z]{3,9})'],
  ['Monday', '[A-Za-z]{6,9}'],
  ['Z07:00', '(?<offset>Z|[+-]\\d{2}:\\d{2})'],
  ['-07:00', '(?<offset>[+-]\\d{2}:\\d{2})'],
  ['-0700', '(?<offset>[+-]\\d{4})'],
  ['2006', '(?<year>\\d{4})'],
  ['Jan', '(?<month>[A-Za-z]{3})'],
  ['Mon', '[A-Za-z]{3}'],
  ['MST', '(?<zone>UTC|GMT|Z)'],
  ['01', '(?<month>\\d{2})'],
  ['02', '(?<day>\\d{2})'],
  ['03', '(?<hour>\\d{2})'],
  ['04', '(?<minute>\\d{2})'],
  ['05', '(?<second>\\d{2})(?:\\.(?<fraction>\\d{1,9}))?'],
  ['06', '(?<shortYear>\\d{2})'],
  ['15', '(?<hour>\\d{2})'],
  ['PM', '(?<half>[AP]M)'],
  ['pm', '(?<half>[ap]m)'],
  ['1', '(?<month>\\d{1,2})'],
  ['_2', ' ?(?<day>\\d{1,2})'],
  ['2', '(?<day>\\d{1,2})'],
  ['3', '(?<hour>\\d{1,2})'],
  ['4', '(?<minute>\\d{1,2})'],
  ['5', '(?<second>\\d{1,2})(?:\\.(?<fraction>\\d{1,9}))?'],
];
const anyPiece = new RegExp(pieces.map(([piece]) => piece).join('|'), 'g');
/** Longer ones are no layouts. */
const longest = 100;

/** Nanoseconds since the epoch; `undefined` when the text is not written so. `zone` counts where the text names none. */
export function readByLayout(text: string, layout: string, zone: string): bigint | undefined {
  if (text.length > longest || layout.length > longest) return undefined;
  const found = expressionOf(layout)?.exec(text)?.groups;
  return found === undefined ? undefined : momentOf(found, zone);
}

/** `undefined` for a layout that names something twice. */
function expressionOf(layout: string): RegExp | undefined {
  let expression = '';
  let end = 0;
  for (const match of layout.matchAll(anyPiece)) {
    expression += RegExp.escape(layout.slice(end, match.index));
    expression += pieces.find(([piece]) => piece === match[0])?.[1] ?? '';
    end = match.index + match[0].length;
  }
  try {
    // The empty group makes sure that there are groups at all.
    return new RegExp(`^${expression}${RegExp.escape(layout.slice(end))}(?<end>)$`);
  } catch {
    return undefined;
  }
}

type Found = Readonly<Record<string, string | undefined>>;

function momentOf(found: Found, zone: string): bigint | undefined {
  const { month = '1', day = '1', hour = '0', minute = '0', second = '0', fraction = '', half = '' } = found;
  const fields = {
    year: yearOf(found),
    month: monthOf(month),
    day: Number(day),
    hour: (Number(hour) % (half === '' ? 24 : 12)) + (/p/i.test(half) ? 12 : 0),
    minute: Number(minute),
    second: Number(second),
    nanosecond: Number(fraction.padEnd(9, '0')),
  };
  if (Number(hour) > 23) return undefined;
  try {
    const local = Temporal.PlainDateTime.from(
      {
        ...fields,
        nanosecond: fields.nanosecond % 1000,
        microsecond: Math.floor(fields.nanosecond / 1000) % 1000,
        millisecond: Math.floor(fields.nanosecond / 1_000_000),
      },
      { overflow: 'reject' },
    );
    return local.toZonedDateTime(offsetOf(found) ?? zone).epochNanoseconds;
  } catch {
    return undefined; // no day of the calendar
  }
}

/** Go's pivot: 69 is 1969, 68 is 2068. */
function yearOf({ year, shortYear }: Found): number {
  if (year !== undefined) return Number(year);
  const short = Number(shortYear ?? '0');
  return shortYear === undefined ? 0 : short + (short >= 69 ? 1900 : 2000);
}

function monthOf(text: string): number {
  return /^\d/.test(text) ? Number(text) : months.indexOf(text.slice(0, 3)) + 1;
}

function offsetOf({ offset, zone }: Found): string | undefined {
  if (offset === 'Z' || (offset === undefined && zone !== undefined)) return 'UTC';
  return offset === undefined || offset.includes(':') ? offset : `${offset.slice(0, 3)}:${offset.slice(3)}`;
}
