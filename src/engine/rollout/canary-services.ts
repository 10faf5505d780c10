/** The two Services of a canary: one selects the stable version, the other the new one. */
import type { CanaryStrategy } from '#api/rollout.ts';
import { abortWeight } from './abort-weight.ts';
import { abortFacts, isDynamic } from './canary-weight.ts';
import { trafficRoutingOf } from './defaults.ts';
import type { Steps } from './effects.ts';
import { availableOf, hashOf, type ReplicaSet } from './replica-set.ts';
import { followReplicaSet, requireService, selectedHash, switchService } from './services.ts';
import {
  isAborted,
  isFullyPromoted,
  isStableGone,
  newSetOf,
  replicasWanted,
  stableSetOf,
  type Pass,
} from './snapshot.ts';

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

export function* pointServices(pass: Pass, strategy: CanaryStrategy): Steps {
  const { canary, stable } = servicePair(pass, strategy);
  const users = isStableGone(pass) ? newSetOf(pass) : stableSetOf(pass);
  yield* followReplicaSet(pass, stable, users);
  if (strategy.pingPong !== undefined) {
    yield* pointPingPong(pass, canary);
    // A mesh beside the load balancer may go by the names of the roles.
    yield* followReplicaSet(pass, strategy.stableService, users);
  }
  yield* followReplicaSet(pass, strategy.canaryService, behindCanaryService(pass));
}

/** The new version is reached by its Service before it is available: no traffic is sent there yet. */
function* pointPingPong(pass: Pass, name: string): Steps {
  const set = newSetOf(pass);
  if (set === undefined || isFullyPromoted(pass)) return;
  const selected = selectedHash(requireService(pass, name));
  if (selected !== hashOf(set)) yield* switchService(pass, name, hashOf(set));
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
  const recorded = pass.rollout.status?.canary?.weights?.canary.podTemplateHash ?? '';
  return (
    isDynamic(pass) &&
    isFullyPromoted(pass) &&
    recorded !== '' &&
    recorded !== pass.hash &&
    availableOf(newSetOf(pass)) < replicasWanted(pass)
  );
}

/** Weight that the new version keeps for now while traffic goes back to stable. */
export function returnWeight(pass: Pass): number {
  return abortWeight({
    ...abortFacts(pass),
    dynamicStableScale: isDynamic(pass) && newSetOf(pass) !== undefined && stableSetOf(pass) !== undefined,
    recorded: pass.rollout.status?.canary?.weights?.canary.weight,
  });
}
