/** Go durations with Go's own words for what is wrong with one: they are part of what the plugin prints. */
import { parseDuration } from '#api/duration.ts';

/** Milliseconds of a text like `1h30m`. Throws an error with Go's message. */
export function parseGoDuration(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) throw new Error(problemOf(text));
  return milliseconds;
}

/** Walks over the parts that Go would accept, up to the one that it stumbles over. */
function problemOf(text: string): string {
  const quoted = JSON.stringify(text);
  let rest = text.replace(/^[+-]/, '');
  while (rest !== '') {
    const number = /^(\d+\.?\d*|\.\d+)/.exec(rest)?.[0];
    if (number === undefined) break;
    rest = rest.slice(number.length);
    const unit = /^[^.\d]*/.exec(rest)?.[0] ?? '';
    if (unit === '') return `time: missing unit in duration ${quoted}`;
    if (!/^(ns|us|µs|μs|ms|s|m|h)$/.test(unit))
      return `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`;
    rest = rest.slice(unit.length);
  }
  return `time: invalid duration ${quoted}`;
}
