/** Ages and remaining times as kubectl prints them: two units at most, the finer one only while it says something. */

const second = 1_000;
const minute = 60 * second;

/** What kubectl makes of the longest duration that Go can hold: the age of what has no time at all. */
export const longestAge = '292y';

/** The text of a duration in milliseconds; everything is cut, nothing rounded. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / second);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(milliseconds / minute);
  if (minutes < 10) return both(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return both(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (days < 8) return both(days, 'd', hours % 24, 'h');
  if (days < 2 * 365) return `${days}d`;
  const years = Math.trunc(days / 365);
  return years < 8 ? both(years, 'y', days % 365, 'd') : `${years}y`;
}

const both = (large: number, unit: string, small: number, finer: string): string =>
  small === 0 ? `${large}${unit}` : `${large}${unit}${small}${finer}`;

/** The age of what came to be at `since`, in milliseconds since the epoch. */
export function ageText(since: number | undefined, now: number): string {
  return since === undefined || Number.isNaN(since) ? longestAge : humanDuration(now - since);
}
