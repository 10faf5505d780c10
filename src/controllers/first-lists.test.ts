import { describe, expect, it } from 'vitest';
import type { Resource } from '#api/kubernetes.ts';
import { handClock } from '#cluster/hand-clock.ts';
import { deployments, httpRoutes, services } from '#cluster/resource.ts';
import type { Store } from '#cluster/store.ts';
import { firstLists } from './first-lists.ts';

function world() {
  const { clock, pass } = handClock();
  const stores = new Map<Resource, { readonly store: Store; readonly list: () => void }>();
  const of = (resource: Resource) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const store = { ready: promise } as Store; // nothing else of it is used
    const known = stores.get(resource) ?? { store, list: resolve };
    stores.set(resource, known);
    return known;
  };
  const allListed = firstLists(clock, (message) => new RangeError(message));
  const ending = new AbortController();
  return {
    pass,
    list: (resource: Resource) => of(resource).list(),
    cutOff: () => ending.abort(new Error('The queue stops')),
    need: (...resources: Resource[]): Promise<string> =>
      allListed(resources, (resource) => of(resource).store, ending.signal).then(
        () => 'listed',
        (error: unknown) => String(error),
      ),
  };
}

describe('the first lists', () => {
  it('are waited for', async () => {
    const { need, list, pass } = world();
    const needed = need(deployments, services);
    await pass(1_000);
    list(deployments);
    list(services);
    expect(await needed).toBe('listed');
    expect(await need(services)).toBe('listed');
  });

  it('are waited for side by side, and not for ever', async () => {
    const { need, pass } = world();
    const needed = need(deployments, services, httpRoutes);
    await pass(5_000);
    expect(await needed).toMatch(/^RangeError: Cannot list deployments\.apps: install its CRD/);
  });

  it('are asked for again by the next pass', async () => {
    const { need, list, pass } = world();
    const late = need(services);
    await pass(5_000);
    expect(await late).toMatch(/^RangeError/);
    const again = need(services);
    list(services);
    expect(await again).toBe('listed');
  });

  it('are not waited for by a pass that is cut off', async () => {
    const { need, cutOff } = world();
    const needed = need(deployments, services);
    cutOff();
    expect(await needed).toBe('Error: The queue stops');
    expect(await need(services)).toBe('Error: The queue stops');
  });
});
