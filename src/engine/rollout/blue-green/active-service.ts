/** Which version users of a Blue/Green Rollout get. */
import type { BlueGreenStrategy } from '#api/rollout.ts';
import { selectedHash } from '../services.ts';
import { setOf, type Pass } from '../snapshot.ts';

/**
 * The hash that the active Service selects; empty before the first version. Where somebody has taken the hash out of its selector,
 * the one that it had: a Service that was applied anew must not let a version through that nobody has agreed to.
 */
export function activeHashOf({ rollout, seen, sets }: Pass, { activeService }: BlueGreenStrategy): string {
  const selected = selectedHash(seen.references.service(activeService));
  if (selected !== undefined) return selected;
  const recorded = rollout.status?.blueGreen?.activeSelector;
  return setOf(sets, recorded) === undefined ? '' : (recorded ?? '');
}
