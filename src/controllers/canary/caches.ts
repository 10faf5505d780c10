/** The caches that the Canary controller reads: every kind it looks at, watched once. */
import type { KubeObject, Ref, Resource } from '#api/kubernetes.ts';
import { canaries, deployments, metricTemplates, services } from '#cluster/resource.ts';
import type { Store } from '#cluster/store.ts';
import { PassFailed } from '#engine/canary/effects.ts';
import type { Context } from '../context.ts';
import { firstLists } from '../first-lists.ts';
import { targetIndex } from './rivals.ts';

export interface Caches {
  readonly canaries: Store;
  /** The object as the cache has it; throws `PassFailed` when the kind could not be listed yet. */
  get(resource: Resource, ref: Ref): KubeObject | undefined;
  /** The same with nothing but the metadata of the object. */
  metadata(resource: Resource, ref: Ref): KubeObject | undefined;
  /** Makes sure that these kinds are listed; kinds that not every Canary uses are watched from their first use on. */
  need(resources: readonly Resource[], signal: AbortSignal): Promise<void>;
  needMetadata(resources: readonly Resource[], signal: AbortSignal): Promise<void>;
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
  const allListed = firstLists(clock, (message) => new PassFailed(message));
  return {
    canaries: always.canaries,
    get: (resource, ref) => storeOf(resource).get(ref),
    need: (resources, signal) => allListed(resources, storeOf, signal),
    metadata: (resource, ref) => metadataOf(resource).get(ref),
    needMetadata: (resources, signal) => allListed(resources, metadataOf, signal),
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
