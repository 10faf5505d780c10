/** The caches that the Rollout controller reads: its own kinds from the start, those of routers and workloads from their first use on. */
import type { KubeObject, Ref, Resource } from '#api/kubernetes.ts';
import {
  analysisRuns,
  analysisTemplates,
  clusterAnalysisTemplates,
  experiments,
  nameOf,
  replicaSets,
  rollouts,
  services,
} from '#cluster/resource.ts';
import type { Store } from '#cluster/store.ts';
import { instanceIdLabel } from '#engine/rollout/analysis/analysis-runs.ts';
import { PassFailed } from '#engine/rollout/effects.ts';
import { hashLabel } from '#engine/rollout/replica-sets/replica-set.ts';
import type { Context } from '../context.ts';
import { firstLists } from '../first-lists.ts';
import type { RolloutSettings } from './settings.ts';

/** Name of the index of children by the uid of their controller. */
export const ownerIndex = 'owner';
/** For the stores of children; all who share a store have to ask for the same. */
export const ownerIndexes = { [ownerIndex]: (object: KubeObject): string[] => [ownerOf(object)] };
/** What that index has for objects without a controller. */
export const orphaned = '';

export interface RolloutCaches {
  readonly rollouts: Store;
  readonly replicaSets: Store;
  readonly services: Store;
  readonly runs: Store;
  readonly experiments: Store;
  /** The store of any other kind; the first call starts its watch. `onOpened` of the controller learns of it. */
  of(resource: Resource): Store;
  get(resource: Resource, ref: Ref): KubeObject | undefined;
  /** Makes sure that these kinds are listed. */
  need(resources: readonly Resource[], signal: AbortSignal): Promise<void>;
}

/** Objects that the controller with this instance id works on; without one, those that have none. */
export function instanceSelector(instanceId: string | undefined): string {
  return instanceId === undefined ? `!${instanceIdLabel}` : `${instanceIdLabel}=${instanceId}`;
}

export function openRolloutCaches(
  { cluster, clock }: Context,
  { namespace, instanceId }: RolloutSettings,
  onOpened: (resource: Resource, store: Store) => void,
): RolloutCaches {
  const scope = namespace === undefined ? {} : { namespace };
  const own = {
    ...scope,
    labelSelector: instanceSelector(instanceId),
  };
  const known = new Map<string, Store>();
  const open = (resource: Resource, options: Parameters<typeof cluster.stores.of>[1]): Store => {
    const store = cluster.stores.of(resource, options);
    known.set(addressOf(resource), store);
    return store;
  };
  const first = {
    rollouts: open(rollouts, own),
    replicaSets: open(replicaSets, { ...scope, labelSelector: hashLabel, indexes: ownerIndexes }),
    services: open(services, scope),
    runs: open(analysisRuns, { ...own, indexes: ownerIndexes }),
    experiments: open(experiments, { ...own, indexes: ownerIndexes }),
  };
  open(analysisTemplates, own);
  if (namespace === undefined) open(clusterAnalysisTemplates, { labelSelector: own.labelSelector });
  const of = (resource: Resource): Store => {
    const found = known.get(addressOf(resource));
    if (found !== undefined) return found;
    const store = open(resource, scope);
    onOpened(resource, store);
    return store;
  };
  const allListed = firstLists(clock, (message) => new PassFailed(message));
  return {
    ...first,
    of,
    get: (resource, ref) => of(resource).get(ref),
    need: (resources, signal) => allListed(resources, of, signal),
  };
}

/** What is served in two versions is two kinds here: the one that is asked for may be the only one. */
function addressOf(resource: Resource): string {
  return `${nameOf(resource)} ${resource.version}`;
}

function ownerOf({ metadata }: KubeObject): string {
  return (metadata.ownerReferences ?? []).find(({ controller }) => controller === true)?.uid ?? orphaned;
}
