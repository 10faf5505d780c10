/** For tests of this folder: the sandbox's clock, which is turned by hand. */
// The one place where cluster/ looks at the sandbox, and only tests import it: a second virtual clock would be a second truth about time.
// oxlint-disable-next-line no-restricted-imports
import { VirtualClock } from '#sandbox/virtual-clock.ts';
import type { Clock } from '#runtime/clock.ts';

export interface HandClock {
  readonly clock: Clock;
  /** Lets time pass, and everything that it sets off. */
  readonly pass: (milliseconds: number) => Promise<void>;
}

export function handClock(): HandClock {
  const time = new VirtualClock();
  return { clock: time.as('controller'), pass: (milliseconds) => time.run(time.elapsed + milliseconds) };
}
