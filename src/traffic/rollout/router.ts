/** The interface that every traffic router of a Rollout implements: one file a router, pure maps from what is wanted and what is there to writes. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { AlbStatus, Rollout, SetHeaderRoute, SetMirrorRoute, WeightDestination } from '#api/rollout.ts';
import { RouteError, type RouteWrite } from '#traffic/router.ts';

/** What a router needs to know of a Rollout. */
export interface RolloutTraffic {
  readonly rollout: Rollout;
  /** The Services that carry canary and stable: those of the spec, or the ping-pong pair in its present roles. */
  readonly canaryService: string;
  readonly stableService: string;
  /** Pod template hashes; empty where there is no such ReplicaSet. */
  readonly canaryHash: string;
  readonly stableHash: string;
  /** Whether the canary's and the stable ReplicaSet have all their pods available, or are not there. */
  readonly canaryReady: boolean;
  readonly stableReady: boolean;
  /** The update is being given up: it was aborted, or the stable version is wanted again. */
  readonly isGoingBack?: boolean;
  /** Services of a running experiment that get traffic of their own. */
  readonly additional: readonly WeightDestination[];
}

/** The routing objects of the cluster as they are, from caches. */
export interface LiveRoutes {
  get(resource: Resource, name: string, namespace: string): KubeObject | undefined;
  list(resource: Resource, namespace: string): readonly KubeObject[];
}

/**
 * A write to a routing object; without `namespace` it lives beside the Rollout. `refused` is the Event for the case that the API server
 * does not take it, whose words go behind the message. `resourceVersion` is the version that a change was decided on: its list indexes
 * hold for no other.
 */
export type RolloutRouteWrite =
  | (RouteWrite & { readonly namespace?: string; readonly refused?: RouteEvent; readonly resourceVersion?: string })
  | { readonly do: 'delete'; readonly resource: Resource; readonly name: string; readonly namespace?: string };

/** A `RouteError` that users are told of by an Event of its own. */
export class ToldRouteError extends RouteError {
  readonly event: RouteEvent;

  constructor(message: string, reason: string, told = message) {
    super(message);
    this.event = { type: 'Warning', reason, message: told };
  }
}

export interface RouteEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** What has to be written so that the objects are as wanted, nothing when they are; events tell the user of the writes. */
export interface RouteChanges {
  readonly writes: readonly RolloutRouteWrite[];
  readonly events: readonly RouteEvent[];
  /** Milliseconds after which the router wants to be asked again, because the data plane needs time in between. */
  readonly wakeIn?: number;
}

/** What a load balancer outside of the cluster says. */
export interface OutsideVerification {
  readonly verified: boolean;
  readonly events: readonly RouteEvent[];
  /** For `status.albs`; `status.alb` is the last one. */
  readonly albs: readonly AlbStatus[];
}

export const noChanges: RouteChanges = { writes: [], events: [] };

/**
 * Throws `RouteError` for objects that are missing or cannot be worked with; its message is the user's.
 * What a router does not support gives `noChanges`: validation has refused it where the original does.
 */
export interface RolloutRouter {
  /** The kinds that it reads and writes for this Rollout. */
  resources(rollout: Rollout): readonly Resource[];
  /** Points subsets at the ReplicaSets. */
  updateHash(traffic: RolloutTraffic, live: LiveRoutes): RouteChanges;
  /** `weight` of `maxTrafficWeight` (default 100) goes to the canary, what `additional` says to those, the rest to stable. */
  setWeight(traffic: RolloutTraffic, live: LiveRoutes, weight: number): RouteChanges;
  setHeaderRoute(traffic: RolloutTraffic, live: LiveRoutes, step: SetHeaderRoute): RouteChanges;
  setMirrorRoute(traffic: RolloutTraffic, live: LiveRoutes, step: SetMirrorRoute): RouteChanges;
  removeManagedRoutes(traffic: RolloutTraffic, live: LiveRoutes): RouteChanges;
  /** Whether the data plane has taken the weight on; `undefined` where it does not say. */
  verifyWeight(traffic: RolloutTraffic, live: LiveRoutes, weight: number): boolean | undefined;
  /**
   * As `verifyWeight`, in its place, where the answer is outside of the cluster. `undefined`: there is nothing to be verified now.
   * Throws `Error` when nobody answers; its message is the user's.
   */
  verifyOutside?(
    traffic: RolloutTraffic,
    live: LiveRoutes,
    weight: number,
    signal?: AbortSignal,
  ): Promise<OutsideVerification | undefined>;
}
