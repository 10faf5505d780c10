/** What a pass over a Canary may ask of the world: effects as plain data, and what each of them answers. */
import type { CanaryMetric, CanaryWebhook } from '#api/canary-analysis.ts';
import type { CanaryPhase, CanaryStatus, SessionCookies } from '#api/canary-status.ts';
import type { FieldChange } from '#api/field-change.ts';
import type { KubeObject, OwnerReference, Ref } from '#api/kubernetes.ts';
import type { Measurement } from '#api/measurement.ts';
import type { Split } from '#api/split.ts';

export { PassFailed } from '../pass-failed.ts';

export type Severity = 'info' | 'warn' | 'error';

/** The kinds of objects that the engine itself writes; routing objects are the routers' business. */
export type WrittenKind = 'Deployment' | 'DaemonSet' | 'Service' | 'HorizontalPodAutoscaler' | 'ScaledObject';

/** Where a metric's query comes from. */
export type MetricSource = 'builtin' | 'inline' | 'template';

/** Which gauge of the original follows from a pass. */
export type Observation =
  | { readonly what: 'weight'; readonly primary: number; readonly canary: number }
  | { readonly what: 'metric'; readonly metric: string; readonly value: number }
  | {
      readonly what: 'finished';
      readonly outcome: 'success' | 'failure';
      readonly strategy: string;
      readonly analysis: 'completed' | 'skipped';
    };

export type Effect =
  | {
      readonly do: 'event';
      readonly type: 'Normal' | 'Warning';
      readonly message: string;
      /** The phase that event webhooks are told. */
      readonly phase: CanaryPhase;
      /** Logged as an error; other events are logged as information. */
      readonly isError?: boolean;
    }
  | { readonly do: 'alert'; readonly severity: Severity; readonly message: string; readonly withPolicy: boolean }
  | { readonly do: 'call-hook'; readonly hook: CanaryWebhook; readonly phase: CanaryPhase }
  | { readonly do: 'check-metric-servers' }
  | { readonly do: 'measure'; readonly metric: CanaryMetric; readonly source: MetricSource }
  | {
      readonly do: 'create';
      readonly kind: WrittenKind;
      readonly object: KubeObject;
      /** Goes before the API server's own text when the object is refused. */
      readonly failure: string;
    }
  | {
      readonly do: 'change';
      readonly kind: WrittenKind;
      readonly ref: Ref;
      readonly changes: readonly FieldChange[];
      /** Goes before the API server's own text when the change fails. */
      readonly failure: string;
    }
  /** Writes the primary's copy of a config: its data and type, nothing else of it. */
  | {
      readonly do: 'copy-config';
      readonly kind: 'ConfigMap' | 'Secret';
      readonly source: Ref;
      readonly copy: {
        readonly name: string;
        readonly labels: Readonly<Record<string, string>>;
        readonly owner: OwnerReference;
      };
    }
  /** One finalizer of the Canary; those of others are theirs. */
  | { readonly do: 'set-finalizer'; readonly name: string; readonly present: boolean }
  | { readonly do: 'new-id' }
  | { readonly do: 'reconcile-routes' }
  | { readonly do: 'read-routes' }
  | { readonly do: 'set-routes'; readonly split: Split }
  | { readonly do: 'write-status'; readonly status: CanaryStatus }
  | { readonly do: 'observe'; readonly observation: Observation };

export type HookAnswer = { readonly ok: true } | { readonly ok: false; readonly message: string };

/** A measurement with the query as it was sent. */
export type Measured = Measurement & {
  readonly query: string;
  /** How events name the set of built-in queries. */
  readonly provider?: string;
  /** The original's text of an error event where the template, its secret or its provider is at fault. */
  readonly event?: string;
};

export interface Answers {
  event: void;
  alert: void;
  'call-hook': HookAnswer;
  'check-metric-servers': HookAnswer;
  measure: Measured;
  create: KubeObject;
  change: KubeObject;
  'copy-config': void;
  'set-finalizer': void;
  /** A random UUID. */
  'new-id': string;
  'reconcile-routes': void;
  'read-routes': Split;
  /** The session cookies that the router now uses, to be kept in the status. */
  'set-routes': SessionCookies;
  'write-status': void;
  observe: void;
}

/** A part of a pass: yields effects, is resumed with their answers. */
export type Steps<T = void> = Generator<Effect, T, unknown>;

/** Performs one effect and gives its answer. Throws `PassFailed` when the world refuses it. */
export function* ask<E extends Effect>(effect: E): Steps<Answers[E['do']]> {
  // The interpreter answers each effect with the type that `Answers` names for it.
  return (yield effect) as Answers[E['do']];
}
