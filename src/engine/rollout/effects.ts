/** What a pass over a Rollout may ask of the world: effects as plain data, and what each of them answers. */
import type { FieldChange } from '#api/field-change.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import type {
  AlbStatus,
  Rollout,
  RolloutStatus,
  SetHeaderRoute,
  SetMirrorRoute,
  WeightDestination,
} from '#api/rollout.ts';
import type { ReplicaSet } from './replica-sets/replica-set.ts';

export { PassFailed } from '../pass-failed.ts';

/** The kinds of children that the engine makes and changes, beside its ReplicaSets. */
export type ChildKind = 'AnalysisRun' | 'Experiment';

/** What the routers are told, each in turn. */
export type RouteCall =
  | { readonly call: 'update-hash' }
  | { readonly call: 'set-weight'; readonly weight: number }
  | { readonly call: 'verify-weight'; readonly weight: number }
  | { readonly call: 'set-header-route'; readonly step: SetHeaderRoute }
  | { readonly call: 'set-mirror-route'; readonly step: SetMirrorRoute }
  | { readonly call: 'remove-managed-routes' };

/** What a pass knows of its Services and ReplicaSets when it talks to a router. */
export interface RouteContext {
  readonly canaryService: string;
  readonly stableService: string;
  readonly canaryHash: string;
  readonly stableHash: string;
  readonly canaryReady: boolean;
  readonly stableReady: boolean;
  /** The update is being given up: it was aborted, or traffic goes back to the stable version step by step. */
  readonly isGoingBack: boolean;
  readonly additional: readonly WeightDestination[];
}

export type Effect =
  | { readonly do: 'event'; readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }
  | { readonly do: 'create-set'; readonly object: ReplicaSet }
  | { readonly do: 'change-set'; readonly set: ReplicaSet; readonly changes: readonly FieldChange[] }
  | { readonly do: 'delete-set'; readonly set: ReplicaSet }
  /** Fields of the Rollout itself, as its author wrote it: the template of another workload is not among them. */
  | { readonly do: 'change-rollout'; readonly changes: readonly FieldChange[] }
  | { readonly do: 'write-status'; readonly status: RolloutStatus }
  | { readonly do: 'change-service'; readonly name: string; readonly changes: readonly FieldChange[] }
  /** The Deployment whose pod template the Rollout has taken. */
  | { readonly do: 'scale-deployment'; readonly name: string; readonly replicas: number }
  /** Pods of all the Rollout's ReplicaSets. */
  | { readonly do: 'list-pods' }
  | { readonly do: 'evict-pod'; readonly pod: KubeObject }
  | { readonly do: 'change-pod'; readonly pod: KubeObject; readonly changes: readonly FieldChange[] }
  | { readonly do: 'create-child'; readonly kind: ChildKind; readonly object: KubeObject }
  | { readonly do: 'terminate-child'; readonly kind: ChildKind; readonly child: KubeObject }
  | { readonly do: 'delete-child'; readonly kind: ChildKind; readonly child: KubeObject }
  /** The Rollout as the API server has it, past every cache. */
  | { readonly do: 'read-rollout' }
  /** Whether the load balancer knows every pod of the Service. */
  | { readonly do: 'verify-targets'; readonly service: string }
  /** One router of the Rollout, by its place in their order. */
  | ({ readonly do: 'route'; readonly router: string; readonly context: RouteContext } & RouteCall);

export type CreatedSet =
  | { readonly how: 'created'; readonly set: ReplicaSet }
  | { readonly how: 'exists'; readonly set: ReplicaSet | undefined; readonly message: string }
  | { readonly how: 'refused'; readonly message: string };

export type CreatedChild =
  | { readonly how: 'created'; readonly object: KubeObject }
  | { readonly how: 'exists'; readonly object: KubeObject | undefined };

/** What a router says to a call. */
export interface RouteAnswer {
  /** Of `verify-weight`: whether the data plane has taken the weight on; absent where it does not say. */
  readonly verified?: boolean;
  /** Milliseconds after which the router wants to be asked again. */
  readonly wakeIn?: number;
  /** Of `verify-weight`: the load balancers that were asked. */
  readonly albs?: readonly AlbStatus[];
}

export interface Answers {
  event: void;
  'create-set': CreatedSet;
  'change-set': ReplicaSet;
  'delete-set': void;
  'change-rollout': Rollout;
  'write-status': void;
  'change-service': void;
  'scale-deployment': void;
  'list-pods': readonly KubeObject[];
  /** `blocked`: a PodDisruptionBudget forbids it for now. */
  'evict-pod': 'evicted' | 'blocked';
  'change-pod': void;
  'create-child': CreatedChild;
  'terminate-child': void;
  'delete-child': void;
  'read-rollout': KubeObject | undefined;
  'verify-targets': boolean;
  route: RouteAnswer;
}

/** A part of a pass: yields effects, is resumed with their answers. */
export type Steps<T = void> = Generator<Effect, T, unknown>;

/** Performs one effect and gives its answer. Throws `PassFailed` when the world refuses it. */
export function* ask<E extends Effect>(effect: E): Steps<Answers[E['do']]> {
  // The interpreter answers each effect with the type that `Answers` names for it.
  return (yield effect) as Answers[E['do']];
}
