/** Routing objects on a real API server, as a router of Rollouts finds and writes them. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { Rollout } from '#api/rollout.ts';
import { fieldPatch } from '#cluster/field-patch.ts';
import { pathOf } from '#cluster/resource.ts';
import type { LiveRoutes, RolloutRouter, RolloutRouteWrite, RouteChanges } from '#traffic/rollout/router.ts';
import type { BedApi } from '../bed/bed-api.ts';

export interface RealRoutes {
  /** Asks the router on the objects as they are, writes what it wants, and returns what it has wanted. */
  perform(ask: (live: LiveRoutes) => RouteChanges): Promise<RouteChanges>;
  /** The objects as they are. */
  live(): Promise<LiveRoutes>;
}

/** Of the kinds that the router names for this Rollout. A field that a kind does not know is an error. */
export function realRoutes(api: BedApi, router: RolloutRouter, rollout: Rollout): RealRoutes {
  const { namespace = 'default' } = rollout.metadata;
  const live = async (): Promise<LiveRoutes> => {
    const kinds = router.resources(rollout);
    const lists = new Map<Resource, readonly KubeObject[]>();
    for (const kind of kinds) lists.set(kind, await api.list(kind, namespace));
    const listOf = (kind: Resource): readonly KubeObject[] =>
      [...lists].find(([{ group, plural }]) => group === kind.group && plural === kind.plural)?.[1] ?? [];
    return {
      get: (kind, name) => listOf(kind).find(({ metadata }) => metadata.name === name),
      list: (kind) => listOf(kind),
    };
  };
  return {
    live,
    async perform(ask) {
      const there = await live();
      const changes = ask(there);
      for (const write of changes.writes) await perform(api, there, write, namespace);
      return changes;
    },
  };
}

async function perform(api: BedApi, live: LiveRoutes, write: RolloutRouteWrite, namespace: string): Promise<void> {
  const { resource } = write;
  const query = { fieldValidation: 'Strict' };
  if (write.do === 'create') {
    await accepted(api.call('POST', pathOf(resource, { namespace }), { body: write.object, query }));
    return;
  }
  const path = pathOf(resource, { namespace, name: write.name });
  if (write.do === 'delete') {
    await accepted(api.call('DELETE', path));
    return;
  }
  const before = live.get(resource, write.name, namespace);
  const patch = before === undefined ? undefined : fieldPatch(before, write.changes);
  if (patch === undefined) throw new Error(`Nothing to change in ${resource.kind} "${write.name}"`);
  await accepted(api.call('PATCH', path, { body: patch.body, contentType: 'application/json-patch+json', query }));
}

async function accepted(call: ReturnType<BedApi['call']>): Promise<void> {
  const { status, body } = await call;
  if (status >= 300) throw new Error(`The API server refuses: ${JSON.stringify(body)}`);
}
