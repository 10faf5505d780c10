/** The Gateway controller's side of HTTPRoutes: it reports for each generation of a route whether its parents accept it. */
import type { KubeObject } from '#api/kubernetes.ts';
import { httpRoutes, refOf } from '#cluster/resource.ts';

import { conditionOf, timestamp, withCondition } from './workloads/conditions.ts';
import { isOf, runController, type World } from './workloads/controller.ts';
import type { Condition } from './workloads/shapes.ts';
import { writeStatus } from './workloads/status.ts';

/** `silent`: it writes nothing, like a gateway without status or one that is down. */
export type GatewayMode = 'accepts' | 'rejects' | 'silent';

export interface Gateway {
  /** What it does with the generations that it has not reported yet, and with every route once more unless `silent`. */
  setMode(mode: GatewayMode): void;
  stop(): void;
}

export const gatewayController = 'serin.dev/sandbox-gateway';

type Json = Readonly<Record<string, unknown>>;

interface ParentStatus {
  readonly parentRef: Json;
  readonly controllerName: string;
  readonly conditions: readonly Condition[];
}

export function runGateway(world: World, firstMode: GatewayMode = 'accepts'): Gateway {
  let mode = firstMode;
  const running = runController(world, {
    *concerns({ type, resource, object }) {
      if (isOf(resource, httpRoutes) && type !== 'DELETED') yield refOf(object);
    },
    reconcile(ref) {
      const route = world.objects.get(httpRoutes, ref);
      if (route !== undefined && mode !== 'silent') report(world, route, mode);
      return undefined;
    },
  });
  return {
    setMode(next) {
      mode = next;
      for (const route of world.objects.list(httpRoutes)) running.enqueue(refOf(route));
    },
    stop: () => running.stop(),
  };
}

function report(world: World, route: KubeObject, mode: 'accepts' | 'rejects'): void {
  const now = timestamp(world.clock);
  const { generation = 1 } = route.metadata;
  const accepted =
    mode === 'accepts'
      ? { status: 'True', reason: 'Accepted', message: 'The route is accepted' }
      : {
          status: 'False',
          reason: 'NotAllowedByListeners',
          message: 'The listeners of the parent do not allow the route',
        };
  const wanted: readonly Condition[] = [
    { type: 'Accepted', ...accepted, observedGeneration: generation, lastTransitionTime: now },
    {
      type: 'ResolvedRefs',
      status: 'True',
      reason: 'ResolvedRefs',
      message: 'All references are resolved',
      observedGeneration: generation,
      lastTransitionTime: now,
    },
  ];
  const known = parentStatuses(route);
  const parents = parentRefs(route).map((parentRef) => {
    const before = known.find((parent) => JSON.stringify(parent.parentRef) === JSON.stringify(parentRef));
    const conditions = wanted.reduce<readonly Condition[]>(
      (list, condition) => withCondition(list, condition),
      before?.conditions ?? [],
    );
    return { parentRef, controllerName: gatewayController, conditions };
  });
  const reported = parents.every((parent) => isReported(known, parent));
  if (reported && parents.length === known.length) return;
  writeStatus(world.objects, httpRoutes, route, { parents });
}

function isReported(known: readonly ParentStatus[], { parentRef, conditions }: ParentStatus): boolean {
  const before = known.find((parent) => JSON.stringify(parent.parentRef) === JSON.stringify(parentRef));
  return conditions.every((condition) => {
    const old = conditionOf(before?.conditions, condition.type);
    return old?.status === condition.status && old.observedGeneration === condition.observedGeneration;
  });
}

function parentRefs(route: KubeObject): readonly Json[] {
  const refs = isJson(route['spec']) ? route['spec']['parentRefs'] : undefined;
  return Array.isArray(refs) ? refs.filter(isJson) : [];
}

function parentStatuses(route: KubeObject): readonly ParentStatus[] {
  const parents = isJson(route['status']) ? route['status']['parents'] : undefined;
  return Array.isArray(parents) ? parents.filter(isParentStatus) : [];
}

/** The schema of HTTPRoute requires the same of every entry. */
function isParentStatus(value: unknown): value is ParentStatus {
  return isJson(value) && isJson(value['parentRef']) && Array.isArray(value['conditions']);
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
