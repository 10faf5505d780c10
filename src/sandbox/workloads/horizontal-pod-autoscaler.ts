/** The autoscaler: keeps the replicas of its target within bounds, at the number that a script wants. */
import type { KubeObject, Ref, Resource } from '#api/kubernetes.ts';
import { horizontalPodAutoscalers, keyOf, refOf } from '#cluster/resource.ts';

import { timestamp, withCondition } from './conditions.ts';
import { isOf, runController, type World } from './controller.ts';
import { type Condition, type HorizontalPodAutoscaler, shaped } from './shapes.ts';
import { writeStatus } from './status.ts';

/** The real controller looks at each autoscaler every 15 s, for the first time 15 s after its creation, and at no change in between. */
const period = 15_000;

export interface Autoscalers {
  /** From now on the metrics of this autoscaler ask for so many replicas; `undefined`: for what is there. */
  wants(autoscaler: Ref, replicas: number | undefined): void;
  stop(): void;
}

export function runAutoscalers(world: World): Autoscalers {
  const wanted = new Map<string, number>();
  const running = runController(world, {
    reactsIn: period,
    *concerns({ type, resource, object }) {
      if (type === 'ADDED' && isOf(resource, horizontalPodAutoscalers)) yield refOf(object);
    },
    reconcile(ref) {
      const found = world.objects.get(horizontalPodAutoscalers, ref);
      if (found === undefined) return undefined;
      scale(world, shaped('HorizontalPodAutoscaler', found), wanted.get(keyOf(ref)));
      return period;
    },
  });
  return {
    wants(ref, replicas) {
      if (replicas === undefined) wanted.delete(keyOf(ref));
      else wanted.set(keyOf(ref), replicas);
      running.enqueue(ref);
    },
    stop: () => running.stop(),
  };
}

function scale(world: World, autoscaler: HorizontalPodAutoscaler, wanted: number | undefined): void {
  const target = targetOf(world, autoscaler);
  const able = { type: 'AbleToScale', status: 'True', reason: 'SucceededGetScale' };
  if (target === undefined) {
    const message = `Cannot find ${autoscaler.spec.scaleTargetRef.kind} "${autoscaler.spec.scaleTargetRef.name}"`;
    report(world, autoscaler, {}, [{ type: 'AbleToScale', status: 'False', reason: 'FailedGetScale', message }]);
    return;
  }
  const current = replicasOf(target.object);
  if (current === 0) {
    const message = 'scaling is disabled since the replica count of the target is zero';
    const active = { type: 'ScalingActive', status: 'False', reason: 'ScalingDisabled', message };
    report(world, autoscaler, { currentReplicas: 0, desiredReplicas: 0 }, [able, active]);
    return;
  }
  const { minReplicas = 1, maxReplicas } = autoscaler.spec;
  const desired = Math.min(maxReplicas, Math.max(minReplicas, wanted ?? current));
  if (desired !== current) setReplicas(world, target, desired);
  const asked = wanted ?? current;
  const limited =
    desired === asked
      ? { status: 'False', reason: 'DesiredWithinRange' }
      : { status: 'True', reason: desired < asked ? 'TooManyReplicas' : 'TooFewReplicas' };
  report(world, autoscaler, { currentReplicas: current, desiredReplicas: desired }, [
    able,
    { type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound' },
    { type: 'ScalingLimited', ...limited },
  ]);
}

interface Target {
  readonly resource: Resource;
  readonly object: KubeObject;
}

function targetOf({ objects }: World, autoscaler: HorizontalPodAutoscaler): Target | undefined {
  const { apiVersion = '', kind, name } = autoscaler.spec.scaleTargetRef;
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const resource = objects.resources().find((each) => each.kind === kind && each.group === group);
  const object = resource && objects.get(resource, { ...refOf(autoscaler), name });
  return resource === undefined || object === undefined ? undefined : { resource, object };
}

function replicasOf(object: KubeObject): number {
  const { replicas } = Object(object['spec']);
  return typeof replicas === 'number' ? replicas : 1;
}

function setReplicas({ objects }: World, { resource, object }: Target, replicas: number): void {
  const { resourceVersion: _, ...metadata } = object.metadata;
  objects.update(resource, { ...object, metadata, spec: { ...Object(object['spec']), replicas } });
}

function report(
  world: World,
  autoscaler: HorizontalPodAutoscaler,
  counts: Readonly<Record<string, number>>,
  changed: readonly Condition[],
): void {
  const lastTransitionTime = timestamp(world.clock);
  const conditions = changed.reduce<readonly Condition[]>(
    (list, condition) => withCondition(list, { ...condition, lastTransitionTime }),
    autoscaler.status?.conditions ?? [],
  );
  const rescaled = counts['currentReplicas'] !== counts['desiredReplicas'];
  writeStatus(world.objects, horizontalPodAutoscalers, autoscaler, {
    ...autoscaler.status,
    ...counts,
    observedGeneration: autoscaler.metadata.generation,
    ...(rescaled && { lastScaleTime: lastTransitionTime }),
    conditions,
  });
}
