/** The caches that the Canary controller reads: every kind it looks at, watched once. */
import type { KubeObject, Ref, Resource } from '#api/kubernetes.ts';
import { canaries, deployments, metricTemplates, nameOf, services } from '#cluster/resource.ts';
import type { Store } from '#cluster/store.ts';
import { PassFailed } from '#engine/canary/effects.ts';
import { sleep } from '#runtime/clock.ts';
import type { Context } from '../context.ts';
import { targetIndex } from './rivals.ts';

/** How long a pass waits for the first list of a kind that it needs, in milliseconds. */
const firstListLimit = 5_000;

export interface Caches {
  readonly canaries: Store;
  /** The object as the cache has it; throws `PassFailed` when the kind could not be listed yet. */
  get(resource: Resource, ref: Ref): KubeObject | undefined;
  /** The same with nothing but the metadata of the object. */
  metadata(resource: Resource, ref: Ref): KubeObject | undefined;
  /** Makes sure that these kinds are listed; kinds that not every Canary uses are watched from their first use on. */
  need(resources: readonly Resource[]): Promise<void>;
  needMetadata(resources: readonly Resource[]): Promise<void>;
}

/** Starts the watches of what every Canary needs. */
export function openCaches({ cluster, clock }: Context, namespace: string | undefined): Caches {
  const options = namespace === undefined ? {} : { namespace };
  const storeOf = remembered((resource) => cluster.stores.of(resource, options));
  const metadataOf = remembered((resource) => cluster.stores.of(resource, { ...options, metadataOnly: true }));
  const always = {
    canaries: cluster.stores.of(canaries, { ...options, indexes: targetIndex }),
    deployments: storeOf(deployments),
    services: storeOf(services),
  };
  storeOf(metricTemplates);
  const listed = new Set<Store>();

  const waitFor = async (resource: Resource, store: Store): Promise<void> => {
    const limit = new AbortController();
    const late = sleep(clock, firstListLimit, limit.signal).then(
      () => true,
      () => false,
    );
    const isLate = await Promise.race([store.ready.then(() => false), late]);
    limit.abort();
    if (isLate) {
      throw new PassFailed(`Cannot list ${nameOf(resource)}: install its CRD, or allow Serin to list it`);
    }
    listed.add(store);
  };

  const allListed = async (resources: readonly Resource[], of: (resource: Resource) => Store): Promise<void> => {
    for (const resource of resources) if (!listed.has(of(resource))) await waitFor(resource, of(resource));
  };

  return {
    canaries: always.canaries,
    get: (resource, ref) => storeOf(resource).get(ref),
    need: (resources) => allListed(resources, storeOf),
    metadata: (resource, ref) => metadataOf(resource).get(ref),
    needMetadata: (resources) => allListed(resources, metadataOf),
  };
}

/** Every read of a pass asks for its store again: it is looked up once. */
function remembered(open: (resource: Resource) => Store): (resource: Resource) => Store {
  const known = new Map<Resource, Store>();
  return (resource) => {
    const store = known.get(resource) ?? open(resource);
    known.set(resource, store);
    return store;
  };
}
