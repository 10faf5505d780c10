/** What a Canary's analysis section amounts to: the derived values that the strategies work with. */
import type { Canary } from '#api/canary.ts';
import type { CanaryAnalysis, CanaryWebhook, WebhookType } from '#api/canary-analysis.ts';
import type { CanaryPhase, CanaryStatus } from '#api/canary-status.ts';
import { parseDuration } from '#api/duration.ts';

export type Strategy = 'canary' | 'blue-green' | 'ab-testing';

const defaultInterval = 60_000;

export interface Policy {
  readonly provider: string;
  /** Failed checks that end a run. */
  readonly threshold: number;
  /** Canary weight at which the run is over. */
  readonly maxWeight: number;
  readonly iterations: number;
  readonly mirror: boolean;
  readonly skip: boolean;
  /** Seconds that a workload may stay unavailable. */
  readonly progressDeadline: number;
  /** Percent of the updated pods that must be available. */
  readonly primaryReadyThreshold: number;
  readonly canaryReadyThreshold: number;
  readonly strategy: Strategy;
}

export function policyOf(canary: Canary, meshProvider: string): Policy {
  const { analysis, provider, progressDeadlineSeconds, skipAnalysis } = canary.spec;
  return {
    provider: provider === undefined || provider === '' ? meshProvider : provider,
    threshold: positive(analysis.threshold) ?? 1,
    maxWeight: maxWeightOf(analysis),
    iterations: analysis.iterations ?? 0,
    mirror: analysis.mirror ?? false,
    skip: skipAnalysis ?? false,
    progressDeadline: progressDeadlineSeconds ?? 600,
    primaryReadyThreshold: analysis.primaryReadyThreshold ?? 100,
    canaryReadyThreshold: analysis.canaryReadyThreshold ?? 100,
    strategy: strategyOf(analysis),
  };
}

/** Tick period in milliseconds: unparsable or absent is 60 s, nothing is shorter than `shortest`. */
export function intervalOf(canary: Canary, shortest: number): number {
  return Math.max(parseDuration(canary.spec.analysis.interval ?? '') ?? defaultInterval, shortest);
}

export function strategyOf(analysis: CanaryAnalysis): Strategy {
  if ((analysis.iterations ?? 0) <= 0) return 'canary';
  return (analysis.match?.length ?? 0) > 0 ? 'ab-testing' : 'blue-green';
}

function maxWeightOf(analysis: CanaryAnalysis): number {
  const last = analysis.stepWeights?.at(-1);
  if (last !== undefined) return Math.min(100, last);
  // A weight beyond 100 would never be reached.
  return Math.min(100, positive(analysis.maxWeight) ?? 100);
}

/**
 * How much the canary's weight grows in the next step; 0 or less means that there is no next step.
 * A positive `stepWeight` wins over `stepWeights`; a weight that is not in the list goes straight to 100.
 */
export function nextStep(analysis: CanaryAnalysis, weight: number): number {
  const steps = analysis.stepWeights ?? [];
  const step = analysis.stepWeight ?? 0;
  if (step > 0 || steps.length === 0) return step;
  const room = 100 - weight;
  if (room === 0) return 1;
  if (weight === 0) return Math.min(room, steps[0] ?? 0);
  const index = steps.indexOf(weight);
  const next = steps[index + 1];
  return index < 0 || next === undefined ? room : Math.min(room, next - weight);
}

/** A run is going on, and traffic may be shifted. */
export function isRunning(phase: CanaryPhase): boolean {
  return phase === 'Progressing' || phase === 'WaitingPromotion' || phase === 'Promoting' || phase === 'Finalising';
}

export function isInitialising(phase: CanaryPhase): boolean {
  return phase === '' || phase === 'Initializing';
}

/** The canary has all the traffic: a primary that breaks now is nothing to go back to. */
export function carriesAll({ canaryWeight = 0 }: CanaryStatus): boolean {
  return canaryWeight === 100;
}

export function hooksOf(canary: Canary, type: WebhookType): readonly CanaryWebhook[] {
  const wanted = type === '' ? 'rollout' : type;
  return (canary.spec.analysis.webhooks ?? []).filter((hook) => (hook.type || 'rollout') === wanted);
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}
