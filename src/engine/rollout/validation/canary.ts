/** `spec.strategy.canary`, without its steps and the objects that it names. */
import type { CanaryStrategy, Rollout, TrafficRouting } from '#api/rollout.ts';
import { invalid, type FieldProblems } from './field-problem.ts';
import { antiAffinityProblems } from './anti-affinity.ts';
import { stepProblems } from './steps.ts';

const strategy = 'spec.strategy';

export function* canaryProblems(rollout: Rollout, canary: CanaryStrategy): FieldProblems {
  for (const check of checks) yield* check(canary);
  yield* stepProblems(rollout);
  yield* antiAffinityProblems(canary.antiAffinity);
}

type Check = (canary: CanaryStrategy) => FieldProblems;

/** `0` and `"0%"` are compared as they are written: percentages are not resolved yet. What is no number counts as 0. */
const countOf = (value: number | string | undefined): number =>
  typeof value === 'number' ? value : Number(/^[+-]?\d+(?=%?$)/.exec(value ?? '25%')?.[0] ?? 0);

const roomToMove: Check = function* ({ maxSurge, maxUnavailable }) {
  if (countOf(maxSurge) === 0 && countOf(maxUnavailable) === 0)
    yield invalid(`${strategy}.maxSurge`, maxSurge, 'MaxSurge and MaxUnavailable both can not be zero');
};

const differentServices: Check = function* ({ canaryService = '', stableService = '' }) {
  if (canaryService === '' || canaryService !== stableService) return;
  const detail =
    'This rollout uses the same service for the stable and canary services, but two different services are required.';
  yield invalid(`${strategy}.stableService`, stableService, detail);
};

const pingPongServices: Check = function* ({ pingPong, trafficRouting }) {
  if (pingPong === undefined) return;
  const { pingService, pongService } = pingPong;
  const { alb, istio, plugins } = trafficRouting ?? {};
  const both = 'Ping service and Pong service must to be set to use Ping-Pong feature';
  if (trafficRouting !== undefined && [alb, istio, plugins].every((router) => router === undefined))
    yield invalid(
      `${strategy}.trafficRouting.alb`,
      alb,
      'Ping-pong feature works with the ALB, Istio, and plugin-based traffic routers only',
    );
  if (pingService === '') yield invalid(`${strategy}.pingPong.pingService`, pingService, both);
  if (pongService === '') yield invalid(`${strategy}.pingPong.pongService`, pongService, both);
  if (pingService === pongService)
    yield invalid(
      `${strategy}.pingPong.pingService`,
      pingService,
      'This rollout uses the same service for the ping and pong services, but two different services are required.',
    );
  if (alb !== undefined && (alb.rootService ?? '') === '')
    yield invalid(
      `${strategy}.trafficRouting.alb.rootService`,
      alb.rootService ?? '',
      'Root service field is required for the configuration with ALB and ping-pong feature enabled',
    );
};

/** Whether a router of these tells versions apart by their Services. */
function needsServices({ trafficRouting, pingPong }: CanaryStrategy): boolean {
  const { smi, apisix, ambassador, nginx, appMesh, traefik, alb, istio } = trafficRouting ?? {};
  if ([smi, apisix, ambassador, nginx, appMesh, traefik].some((router) => router !== undefined)) return true;
  if (pingPong !== undefined) return false;
  return alb !== undefined || (istio !== undefined && istio.destinationRule === undefined);
}

const bothServices: Check = function* (canary) {
  if (!needsServices(canary)) return;
  const { stableService = '', canaryService = '' } = canary;
  const detail = 'Canary service and Stable service must to be set to use Traffic Routing';
  if (stableService === '') yield invalid(`${strategy}.stableService`, stableService, detail);
  if (canaryService === '') yield invalid(`${strategy}.canaryService`, canaryService, detail);
};

const delaysNeedRouter: Check = function* ({ trafficRouting, scaleDownDelaySeconds, dynamicStableScale = false }) {
  if (trafficRouting === undefined && scaleDownDelaySeconds !== undefined)
    yield invalid(
      `${strategy}.scaleDownDelaySeconds`,
      scaleDownDelaySeconds,
      'Canary scaleDownDelaySeconds can only be used with traffic routing',
    );
  if (!dynamicStableScale) return;
  const field = `${strategy}.dynamicStableScale`;
  if (trafficRouting === undefined)
    yield invalid(field, dynamicStableScale, 'Canary dynamicStableScale can only be used with traffic routing');
  else if (scaleDownDelaySeconds !== undefined)
    yield invalid(field, dynamicStableScale, 'Canary dynamicStableScale cannot be used with scaleDownDelaySeconds');
};

const knowsMaxWeight = ({ nginx, plugins }: TrafficRouting): boolean => nginx !== undefined || plugins !== undefined;

const maxWeight: Check = function* ({ trafficRouting }) {
  if (trafficRouting?.maxTrafficWeight === undefined || knowsMaxWeight(trafficRouting)) return;
  yield invalid(
    `${strategy}.trafficRouting.maxTrafficWeight`,
    trafficRouting.maxTrafficWeight,
    'Canary maxTrafficWeight in traffic routing only supported in Nginx and Plugins',
  );
};

/** In the original's order: of several mistakes the first is told. */
const checks: readonly Check[] = [
  roomToMove,
  differentServices,
  pingPongServices,
  bothServices,
  delaysNeedRouter,
  maxWeight,
];
