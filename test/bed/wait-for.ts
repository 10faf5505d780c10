/** Waiting on conditions: tests and the bed itself never sleep for luck. */
import { setTimeout as pause } from 'node:timers/promises';
import { errorText } from '#runtime/error-text.ts';

/** Often enough to cost no test noticeable time, seldom enough to leave the CPU to the programs under test. */
const pollInterval = 40;

/**
 * Asks `probe` again and again until it gives something other than `undefined` or `false`; what it throws counts as "not yet".
 * Throws after `timeout` milliseconds with what was awaited and why it was not so.
 */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  timeout = 30_000,
): Promise<T> {
  const deadline = performance.now() + timeout;
  let reason = 'the condition did not hold';
  for (;;) {
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      reason = errorText(error);
    }
    if (performance.now() > deadline) throw new Error(`Waited ${timeout} ms for ${what}: ${reason}`);
    await pause(pollInterval);
  }
}
