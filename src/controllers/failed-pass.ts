/** What the log says of a pass that failed. */
import { errorText } from '#runtime/error-text.ts';
import type { Log } from '#runtime/log.ts';
import { OutdatedPass } from './conditional-writes.ts';

/** `fields` name the object of the pass. */
export function logFailedPass(log: Log, error: unknown, fields: Readonly<Record<string, string>>): void {
  const message = errorText(error);
  // Somebody has written in between: nothing is wrong.
  if (error instanceof OutdatedPass) log.debug(`A pass starts over: ${message}`, fields);
  else log.warn(`A pass failed: ${message}`, fields);
}
