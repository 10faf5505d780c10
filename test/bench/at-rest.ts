/** Waits until a controller has nothing left to write: Events come beside a run, and after it. */
import { setTimeout as pause } from 'node:timers/promises';

import type { Bed } from '../bed/bed.ts';
import type { User } from '../bed/control-plane.ts';

/** Seconds without a request. */
const quietFor = 5;

export async function comesToRest({ audit }: Bed, user: User): Promise<void> {
  let since = audit.mark();
  for (let quiet = 0; quiet < quietFor;) {
    await pause(1_000);
    const next = audit.mark();
    quiet = audit.requestsBy(user, since).total === 0 ? quiet + 1 : 0;
    since = next;
  }
}
