/** What a Rollout means where its user wrote nothing. */
import type { BlueGreenStrategy, CanaryStep, CanaryStrategy, Rollout, TrafficRouting } from '#api/rollout.ts';

const defaultScaleDownDelay = 30;

export function blueGreenOf(rollout: Rollout): BlueGreenStrategy | undefined {
  return rollout.spec.strategy?.blueGreen;
}

export function canaryOf(rollout: Rollout): CanaryStrategy | undefined {
  return rollout.spec.strategy?.canary;
}

export function replicasOf(rollout: Rollout): number {
  return rollout.spec.replicas ?? 1;
}

export function revisionHistoryLimitOf(rollout: Rollout): number {
  return rollout.spec.revisionHistoryLimit ?? 10;
}

export function progressDeadlineSecondsOf(rollout: Rollout): number {
  return rollout.spec.progressDeadlineSeconds ?? 600;
}

export function minReadySecondsOf(rollout: Rollout): number {
  return rollout.spec.minReadySeconds ?? 0;
}

/** How long pods that have lost their traffic stay. Without a router nothing lingers. */
export function scaleDownDelaySecondsOf(rollout: Rollout): number {
  const blueGreen = blueGreenOf(rollout);
  if (blueGreen !== undefined) return blueGreen.scaleDownDelaySeconds ?? defaultScaleDownDelay;
  if (trafficRoutingOf(rollout) === undefined) return 0;
  return canaryOf(rollout)?.scaleDownDelaySeconds ?? defaultScaleDownDelay;
}

/** How long the new pods stay after an abort; `undefined` for an explicit 0: they are not scaled down by a deadline. */
export function abortScaleDownDelaySecondsOf(rollout: Rollout): number | undefined {
  const blueGreen = blueGreenOf(rollout);
  if (blueGreen === undefined && trafficRoutingOf(rollout) === undefined) return 0;
  const delay = (blueGreen ?? canaryOf(rollout))?.abortScaleDownDelaySeconds ?? defaultScaleDownDelay;
  return delay === 0 ? undefined : delay;
}

export function isAutoPromotionEnabled(rollout: Rollout): boolean {
  return blueGreenOf(rollout)?.autoPromotionEnabled ?? true;
}

/** What all weights add up to. */
export function maxWeightOf(rollout: Rollout): number {
  return canaryOf(rollout)?.trafficRouting?.maxTrafficWeight ?? 100;
}

const routers = [
  'istio',
  'nginx',
  'alb',
  'smi',
  'ambassador',
  'appMesh',
  'traefik',
  'apisix',
  'plugins',
] as const satisfies readonly (keyof TrafficRouting)[];

/** `undefined` without any router. */
export function trafficRoutingOf(rollout: Rollout): TrafficRouting | undefined {
  const routing = canaryOf(rollout)?.trafficRouting;
  return routing !== undefined && routers.some((router) => routing[router] !== undefined) ? routing : undefined;
}

const noSteps: readonly CanaryStep[] = [];

export function stepsOf(rollout: Rollout): readonly CanaryStep[] {
  return canaryOf(rollout)?.steps ?? noSteps;
}
