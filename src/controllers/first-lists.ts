/** Waits until kinds that a pass needs have been listed: those that not every object uses are watched from their first use on. */
import type { Resource } from '#api/kubernetes.ts';
import { nameOf } from '#cluster/resource.ts';
import type { Store } from '#cluster/store.ts';
import { type Clock, sleep } from '#runtime/clock.ts';

/** How long a pass waits for the first list of a kind that it needs, in milliseconds. */
const firstListLimit = 5_000;

/** Resolves when the stores of all these kinds have been listed; rejects with the signal's reason when the pass is cut off first. */
export type AllListed = (
  resources: readonly Resource[],
  storeOf: (resource: Resource) => Store,
  signal: AbortSignal,
) => Promise<void>;

/** `failed` makes the error of a kind that cannot be listed in time. */
export function firstLists(clock: Clock, failed: (message: string) => Error): AllListed {
  const listed = new Set<Store>();
  const waitFor = async (resource: Resource, store: Store, signal: AbortSignal): Promise<void> => {
    const enough = new AbortController();
    const late = sleep(clock, firstListLimit, AbortSignal.any([signal, enough.signal])).then(() => true);
    try {
      if (await Promise.race([store.ready.then(() => false), late]))
        throw failed(`Cannot list ${nameOf(resource)}${placeOf(store)}: install its CRD, or allow Serin to list it`);
    } finally {
      enough.abort();
    }
    listed.add(store);
  };
  return async (resources, storeOf, signal) => {
    if (resources.every((resource) => listed.has(storeOf(resource)))) return;
    const waiting = resources.filter((resource) => !listed.has(storeOf(resource)));
    // Side by side: what cannot be listed must not cost its limit once a kind.
    await Promise.all(waiting.map((resource) => waitFor(resource, storeOf(resource), signal)));
  };
}

const placeOf = ({ place }: Store): string => (place === undefined ? '' : ` in ${place}`);
