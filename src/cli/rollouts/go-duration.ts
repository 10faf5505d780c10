/** Go durations with Go's own words for what is wrong with one: they are part of what the plugin prints. */
import { parseDuration, problemOfDuration } from '#api/duration.ts';

/** Milliseconds of a text like `1h30m`. Throws an error with Go's message. */
export function parseGoDuration(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) throw new Error(problemOfDuration(text));
  return milliseconds;
}
