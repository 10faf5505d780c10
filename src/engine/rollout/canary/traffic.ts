/** Traffic of a canary with routers: the weight that its pods can take, told to each router, and noted once it is. */
import type { CanaryStrategy, TrafficWeights, WeightDestination } from '#api/rollout.ts';
import { carrierOf, isReturning, returnWeight, servicePair } from './services.ts';
import { isSizeReached } from './scaling.ts';
import { currentIndexOf, currentStepOf, weightAt } from './steps.ts';
import { isDynamic } from './weight.ts';
import { maxWeightOf, stepsOf, trafficRoutingOf } from '../defaults.ts';
import { ask, PassFailed, type RouteAnswer, type RouteCall, type RouteContext, type Steps } from '../effects.ts';
import { experimentDestinations } from './experiments.ts';
import { isReached } from './progress-threshold.ts';
import { availableOf, hashOf, isFullyAvailable, sizeOf, type ReplicaSet } from '../replica-sets/replica-set.ts';
import { rolloutRevisionOf } from '../replica-sets/revision.ts';
import {
  isAborted,
  isFullyPromoted,
  newSetOf,
  replicasWanted,
  stableSetOf,
  wakeIn,
  wasAborted,
  type Pass,
} from '../snapshot.ts';
import { verifyAgainIn } from './target-verification.ts';
import { tell, warn } from '../telling.ts';

export function* routeTraffic(pass: Pass, strategy: CanaryStrategy): Steps {
  if (trafficRoutingOf(pass.rollout) === undefined) {
    pass.weights = undefined;
    return;
  }
  const share = shareOf(pass);
  if (!canStableServeRest(pass, strategy, share)) return;
  for (const router of pass.seen.routers) if (!(yield* routeBy(pass, strategy, router, share))) return;
}

/** What the canary gets, and what goes with it. */
interface Share {
  readonly weight: number;
  /** Routes that steps have added go. */
  readonly endsManagedRoutes?: boolean;
  /** Experiments that run get their part. */
  readonly withExperiments?: boolean;
  /** Where the recorded ReplicaSet still has the traffic. */
  readonly canaryHash?: string;
}

/** The first rule that holds. */
function shareOf(pass: Pass): Share {
  const recorded = pass.rollout.status?.canary?.weights?.canary;
  const set = newSetOf(pass);
  if (isReturning(pass)) return { weight: returnWeight(pass), canaryHash: recorded?.podTemplateHash ?? '' };
  if (stableSetOf(pass) === undefined || isFullyPromoted(pass)) return { weight: 0, endsManagedRoutes: true };
  if (wasAborted(pass)) return { weight: returnWeight(pass), endsManagedRoutes: true };
  if (availableOf(set) === 0) return { weight: 0, withExperiments: true, endsManagedRoutes: true };
  if (pass.rollout.status?.promoteFull === true) {
    const share = Math.floor((maxWeightOf(pass.rollout) * availableOf(set)) / Math.max(1, replicasWanted(pass)));
    return { weight: isDynamic(pass) ? share : (recorded?.weight ?? 0), endsManagedRoutes: true };
  }
  return stepShare(pass);
}

function stepShare(pass: Pass): Share {
  const index = currentIndexOf(pass);
  if (index === undefined) return { weight: 0 };
  const isLast = index >= stepsOf(pass.rollout).length;
  const weight = isLast ? maxWeightOf(pass.rollout) : (weightAt(pass, index) ?? 0);
  // Traffic follows the pods on the way up; on the way down it goes first, so that none is left where pods are taken away.
  if (!isSizeReached(pass, undefined))
    return { weight: Math.min(weight, weightAt(pass, index - 1) ?? 0), withExperiments: true };
  return { weight, withExperiments: !isLast };
}

/**
 * Traffic that the canary does not get needs stable pods. Until they are there nothing is touched, unless what has the traffic now
 * must not keep it, or cannot serve it: then a few stable pods are better than that.
 */
function canStableServeRest(pass: Pass, { replicaProgressThreshold }: CanaryStrategy, { weight }: Share): boolean {
  const stable = stableSetOf(pass);
  if (stable === undefined) return false;
  const all = maxWeightOf(pass.rollout);
  const desired = Math.floor(((all - weight) * replicasWanted(pass)) / all);
  const available = availableOf(stable);
  if (available >= desired) return true;
  const isRescue = (wasAborted(pass) && !isDynamic(pass)) || availableOf(carrierOf(pass)) === 0;
  if (isRescue && available > 0) return true;
  return replicaProgressThreshold !== undefined && isReached({ available, desired }, replicaProgressThreshold);
}

/** Answers whether the next router may be told. */
function* routeBy(pass: Pass, strategy: CanaryStrategy, router: string, share: Share): Steps<boolean> {
  const context = contextOf(pass, strategy, share);
  const call = function* (told: RouteCall): Steps<RouteAnswer> {
    const answer = yield* ask({ do: 'route', router, context, ...told });
    if (answer.wakeIn !== undefined) wakeIn(pass, answer.wakeIn);
    return answer;
  };
  const { weight } = share;
  const isEmpty = availableOf(newSetOf(pass)) === 0 && (recordedWeights(pass)?.canary.weight ?? 0) > 0;
  try {
    // No header leads to a version without pods: the route of a step comes with them.
    if (share.endsManagedRoutes === true) yield* call({ call: 'remove-managed-routes' });
    else yield* addRoutesOfStep(pass, call);
    // An empty version must have lost its traffic before routes name it.
    if (isEmpty) yield* call({ call: 'set-weight', weight });
    yield* call({ call: 'update-hash' });
    yield* call({ call: 'set-weight', weight });
  } catch (error) {
    if (error instanceof PassFailed) yield* warn('TrafficRoutingError', error.message);
    throw error;
  }
  yield* recordWeights(pass, strategy, context, weight);
  return yield* verify(pass, call, weight);
}

/** A step that adds a route is complete at once; on the very first version there is nothing to tell apart. */
function* addRoutesOfStep(pass: Pass, call: (told: RouteCall) => Steps<RouteAnswer>): Steps {
  const { setHeaderRoute, setMirrorRoute } = currentStepOf(pass) ?? {};
  if (Number(rolloutRevisionOf(pass)) <= 1 || isFullyPromoted(pass) || isAborted(pass)) return;
  if (setHeaderRoute !== undefined) yield* call({ call: 'set-header-route', step: setHeaderRoute });
  if (setMirrorRoute !== undefined) yield* call({ call: 'set-mirror-route', step: setMirrorRoute });
}

function contextOf(pass: Pass, strategy: CanaryStrategy, share: Share): RouteContext {
  const { canary, stable } = servicePair(pass, strategy);
  const set = newSetOf(pass);
  return {
    canaryService: canary,
    stableService: stable,
    canaryHash: share.canaryHash ?? hashOf(set),
    stableHash: hashOf(stableSetOf(pass)),
    canaryReady: canBeNamed(set),
    stableReady: canBeNamed(stableSetOf(pass)),
    isGoingBack: isAborted(pass) || isReturning(pass),
    additional: share.withExperiments === true ? experimentDestinations(pass) : [],
  };
}

/** What has no pods waits for none: it gets them when its step says so, and requests later. */
function canBeNamed(set: ReplicaSet | undefined): boolean {
  return sizeOf(set) === 0 || isFullyAvailable(set);
}

const recordedWeights = ({ rollout }: Pass): TrafficWeights | undefined => rollout.status?.canary?.weights;

/** Notes what the routers were told, under the names of the spec, and tells it where it is new. */
function* recordWeights(pass: Pass, strategy: CanaryStrategy, context: RouteContext, weight: number): Steps {
  const { canaryHash, stableHash, additional } = context;
  const { canaryService, stableService } = strategy;
  const rest = additional.reduce((sum, one) => sum + one.weight, 0);
  const next: TrafficWeights = {
    canary: destination(weight, canaryService, canaryHash),
    stable: destination(maxWeightOf(pass.rollout) - weight - rest, stableService, stableHash),
    ...(additional.length === 0 ? {} : { additional }),
  };
  const before = pass.weights;
  if (before !== undefined && isSame(before, next)) return;
  pass.weights = next;
  yield* tell('TrafficWeightUpdated', `Traffic weight updated ${changeText(before, next)}`);
}

function destination(weight: number, serviceName: string | undefined, podTemplateHash: string): WeightDestination {
  return {
    weight,
    ...(serviceName === undefined || serviceName === '' ? {} : { serviceName }),
    ...(podTemplateHash === '' ? {} : { podTemplateHash }),
  };
}

function isSame(one: TrafficWeights, other: TrafficWeights): boolean {
  const text = ({ canary, stable, additional = [] }: TrafficWeights): string =>
    JSON.stringify([canary, stable, ...additional].map((to) => [to.weight, to.serviceName, to.podTemplateHash]));
  return text(one) === text(other);
}

function changeText(before: TrafficWeights | undefined, after: TrafficWeights): string {
  const to = after.canary.weight;
  const weight =
    before === undefined ? `to ${to}` : before.canary.weight === to ? '' : `from ${before.canary.weight} to ${to}`;
  const added = additionalText(after);
  return added === additionalText(before) ? weight : `${weight}, additional: ${added}`;
}

function additionalText(weights: TrafficWeights | undefined): string {
  const texts = (weights?.additional ?? []).map(
    ({ weight, serviceName = '', podTemplateHash = '' }) => `{${weight} ${serviceName} ${podTemplateHash}}`,
  );
  return `[${texts.join(' ')}]`;
}

function* verify(pass: Pass, call: (told: RouteCall) => Steps<RouteAnswer>, weight: number): Steps<boolean> {
  let answer: RouteAnswer;
  try {
    answer = yield* call({ call: 'verify-weight', weight });
  } catch (error) {
    if (!(error instanceof PassFailed)) throw error;
    yield* warn('WeightVerifyError', `Failed to verify weight: ${error.message}`);
    return false;
  }
  const { verified, albs = [] } = answer;
  if (albs.length > 0) pass.albs = albs;
  if (pass.weights !== undefined) {
    const { verified: _before, ...weights } = pass.weights;
    pass.weights = verified === undefined ? weights : { ...weights, verified };
  }
  if (verified !== false) return true;
  wakeIn(pass, pass.seen.verifyAgainIn ?? verifyAgainIn);
  // Old pods must not go before all of the traffic has.
  if (weight === maxWeightOf(pass.rollout))
    throw new PassFailed(`end of rollout, desired weight ${weight} not yet verified`);
  return true;
}
