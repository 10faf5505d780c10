/** The two Services of a canary: one selects the stable version, the other the new one. */
import type { CanaryStrategy, WeightDestination } from '#api/rollout.ts';
import { abortWeight } from './abort-weight.ts';
import { abortFacts, isDynamic } from './weight.ts';
import { maxWeightOf, trafficRoutingOf } from '../defaults.ts';
import type { Steps } from '../effects.ts';
import { availableOf, hashOf, type ReplicaSet } from '../replica-sets/replica-set.ts';
import { followReplicaSet, requireService, selectedHash, switchService } from '../services.ts';
import {
  isAborted,
  isFullyPromoted,
  isStableGone,
  newSetOf,
  replicasWanted,
  setOf,
  stableSetOf,
  type Pass,
} from '../snapshot.ts';

export interface ServicePair {
  readonly canary: string;
  readonly stable: string;
}

/** Those that selectors and routes use: the ping-pong pair changes its roles with every promotion. */
export function servicePair({ rollout }: Pass, strategy: CanaryStrategy): ServicePair {
  const { pingPong, canaryService = '', stableService = '' } = strategy;
  if (pingPong === undefined) return { canary: canaryService, stable: stableService };
  const { pingService: ping, pongService: pong } = pingPong;
  return rollout.status?.canary?.stablePingPong === 'ping'
    ? { canary: pong, stable: ping }
    : { canary: ping, stable: pong };
}

/** What the routers were told before this pass. */
const recordedCanary = ({ rollout }: Pass): WeightDestination | undefined => rollout.status?.canary?.weights?.canary;

export function* pointServices(pass: Pass, strategy: CanaryStrategy): Steps {
  const { canary, stable } = servicePair(pass, strategy);
  const users = isStableGone(pass) ? newSetOf(pass) : stableSetOf(pass);
  yield* followReplicaSet(pass, stable, users);
  if (strategy.pingPong !== undefined) {
    yield* pointPingPong(pass, canary);
    // A mesh beside the load balancer may go by the names of the roles.
    yield* followReplicaSet(pass, strategy.stableService, users);
  }
  const tried = behindCanaryService(pass);
  if (canTakeOver(pass, strategy.canaryService, tried)) yield* followReplicaSet(pass, strategy.canaryService, tried);
}

/** Whether the ReplicaSet can serve the traffic that the canary's Service gets, where another one serves it. */
function canTakeOver(pass: Pass, name: string | undefined, set: ReplicaSet | undefined): boolean {
  const { weight = 0 } = recordedCanary(pass) ?? {};
  if (weight === 0 || name === undefined || name === '') return true;
  const serving = setOf(pass.sets, selectedHash(requireService(pass, name)));
  const needed = Math.floor((replicasWanted(pass) * weight) / maxWeightOf(pass.rollout));
  return availableOf(set) > 0 && (availableOf(serving) === 0 || availableOf(set) >= needed);
}

/** The new version is reached by its Service before it is available, unless that still has the traffic of another one. */
function* pointPingPong(pass: Pass, name: string): Steps {
  const set = newSetOf(pass);
  if (set === undefined || isFullyPromoted(pass)) return;
  const selected = selectedHash(requireService(pass, name));
  if (selected !== hashOf(set) && canTakeOver(pass, name, set)) yield* switchService(pass, name, hashOf(set));
}

/** After an abort nobody shall meet the new version, once its share of the traffic is gone. */
function behindCanaryService(pass: Pass): ReplicaSet | undefined {
  if (isReturning(pass)) return undefined;
  if (!isAborted(pass)) return newSetOf(pass);
  const keepsTraffic = trafficRoutingOf(pass.rollout) !== undefined && isDynamic(pass) && returnWeight(pass) > 0;
  return keepsTraffic ? undefined : stableSetOf(pass);
}

/** Back to the stable template while its ReplicaSet, which had shrunk, cannot take all the traffic yet. */
export function isReturning(pass: Pass): boolean {
  const recorded = recordedCanary(pass)?.podTemplateHash ?? '';
  return (
    isDynamic(pass) &&
    isFullyPromoted(pass) &&
    recorded !== '' &&
    recorded !== pass.hash &&
    availableOf(newSetOf(pass)) < replicasWanted(pass)
  );
}

/** What is beside the stable version and gets the traffic of the canary. */
export function carrierOf(pass: Pass): ReplicaSet | undefined {
  return isReturning(pass) ? setOf(pass.sets, recordedCanary(pass)?.podTemplateHash) : newSetOf(pass);
}

/** Weight that it keeps for now while traffic goes back to stable. */
export function returnWeight(pass: Pass): number {
  if (availableOf(carrierOf(pass)) === 0) return 0;
  return abortWeight({
    ...abortFacts(pass),
    dynamicStableScale: isDynamic(pass) && newSetOf(pass) !== undefined && stableSetOf(pass) !== undefined,
    recorded: recordedCanary(pass)?.weight,
  });
}
