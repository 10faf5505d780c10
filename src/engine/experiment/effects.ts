/** What a pass over an Experiment may ask of the world: effects as plain data, and what each of them answers. */
import type { AnalysisRun } from '#api/analysis-run.ts';
import type { FieldChange } from '#api/field-change.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import type { ReplicaSet } from '../rollout/replica-sets/replica-set.ts';

export { PassFailed } from '../pass-failed.ts';

export interface EventEffect {
  readonly do: 'event';
  /** The Rollout that owns the Experiment is told of its runs as well. */
  readonly on: 'experiment' | 'rollout';
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export type Effect =
  | EventEffect
  | { readonly do: 'create-set'; readonly object: ReplicaSet }
  | { readonly do: 'change-set'; readonly set: ReplicaSet; readonly changes: readonly FieldChange[] }
  | { readonly do: 'create-service'; readonly object: KubeObject }
  | { readonly do: 'delete-service'; readonly service: KubeObject }
  | { readonly do: 'create-run'; readonly object: AnalysisRun }
  /** Reads past the cache a run that the cache does not have. */
  | { readonly do: 'find-run'; readonly name: string }
  | { readonly do: 'change-run'; readonly run: AnalysisRun; readonly changes: readonly FieldChange[] };

/** `exists`: there is another object of that name. */
export type Created<T> =
  | { readonly how: 'created'; readonly object: T }
  | { readonly how: 'exists'; readonly object: T | undefined; readonly message: string }
  | { readonly how: 'refused'; readonly message: string };

export type Changed = { readonly ok: true } | { readonly ok: false; readonly message: string };

export interface Answers {
  event: void;
  'create-set': Created<ReplicaSet>;
  'change-set': Changed;
  'create-service': Created<KubeObject>;
  'delete-service': Changed;
  'create-run': Created<AnalysisRun>;
  'find-run': AnalysisRun | undefined;
  'change-run': Changed;
}

/** A part of a pass: yields effects, is resumed with their answers. */
export type Steps<T = void> = Generator<Effect, T, unknown>;

/** Performs one effect and gives its answer. */
export function* ask<E extends Effect>(effect: E): Steps<Answers[E['do']]> {
  // The interpreter answers each effect with the type that `Answers` names for it.
  return (yield effect) as Answers[E['do']];
}
