/** Steps of a canary: which one is current, what weight it asks for, and when it is complete. */
import type { CanaryStep, RolloutStatus } from '#api/rollout.ts';
import { parseDuration } from '#api/duration.ts';
import { stepsOf } from '../defaults.ts';
import { isSizeReached } from './scaling.ts';
import type { Steps } from '../effects.ts';
import { isResumedByUser, pausedSince, removePause } from '../status/pausing.ts';
import { nowOf, type Draft, type Pass } from '../snapshot.ts';
import { tell } from '../telling.ts';

/** `undefined` without steps. Before anything is recorded: the first. */
export function currentIndexOf({ rollout }: Pass): number | undefined {
  return stepsOf(rollout).length === 0 ? undefined : (rollout.status?.currentStepIndex ?? 0);
}

/** `undefined` without steps, and when all of them are done. */
export function currentStepOf(pass: Pass): CanaryStep | undefined {
  const index = currentIndexOf(pass);
  return index === undefined ? undefined : stepsOf(pass.rollout)[index];
}

/** The last `setWeight` at or before the step with this index. */
export function weightAt({ rollout }: Pass, index: number): number | undefined {
  return stepsOf(rollout)
    .slice(0, index + 1)
    .findLast(({ setWeight }) => setWeight !== undefined)?.setWeight;
}

/** At most one step a pass. */
export function* completeStep(pass: Pass, status: Draft<RolloutStatus>): Steps {
  const step = currentStepOf(pass);
  const index = currentIndexOf(pass);
  if (step === undefined || index === undefined || !isComplete(pass, step, status)) return;
  status.currentStepIndex = index + 1;
  removePause(pass, 'CanaryPauseStep');
  if (status.canary?.currentStepAnalysisRunStatus !== undefined) {
    const { currentStepAnalysisRunStatus: _done, ...rest } = status.canary;
    status.canary = rest;
  }
  const { length } = stepsOf(pass.rollout);
  yield* tell('RolloutStepCompleted', `Rollout step ${index + 1}/${length} completed (${stepText(step)})`);
}

function isComplete(pass: Pass, step: CanaryStep, status: RolloutStatus): boolean {
  if (pass.rollout.spec.paused === true) return false;
  if (step.pause !== undefined) return isPauseOver(pass, step.pause.duration);
  if (step.setCanaryScale !== undefined) return isSizeReached(atStart(pass), pass.weights);
  if (step.setWeight !== undefined)
    return isSizeReached(atStart(pass), pass.weights) && status.canary?.weights?.verified !== false;
  if (step.analysis !== undefined) return status.canary?.currentStepAnalysisRunStatus?.status === 'Successful';
  if (step.experiment !== undefined) return pass.isExperimentDone;
  if (step.plugin !== undefined) return isPluginDone(pass);
  return step.setHeaderRoute !== undefined || step.setMirrorRoute !== undefined;
}

/** What another controller has written down before this one took over: the plugin has done its step, or it is switched off. */
export function isPluginDone(pass: Pass): boolean {
  const index = currentIndexOf(pass);
  return (pass.rollout.status?.canary?.stepPluginStatuses ?? []).some(
    (entry) =>
      entry.index === index && entry.operation === 'Run' && (entry.phase === 'Successful' || entry.disabled === true),
  );
}

/** Sizes that this pass itself has changed are judged by the next one, as the original does. */
const atStart = (pass: Pass): Pass => ({ ...pass, sets: pass.seen.sets });

function isPauseOver(pass: Pass, duration: number | string | undefined): boolean {
  if (isResumedByUser(pass, 'CanaryPauseStep')) return true;
  const since = pausedSince(pass, 'CanaryPauseStep');
  return since !== undefined && duration !== undefined && nowOf(pass) > since + durationOf(duration);
}

/** A number of seconds, bare or as text, or a Go duration; in milliseconds. NaN for anything else. */
export function durationOf(duration: number | string): number {
  const text = String(duration);
  if (/^-?\d+$/.test(text)) return Number(text) * 1000;
  return parseDuration(text) ?? Number.NaN;
}

/** As events and the original's users know it. */
export function stepText(step: CanaryStep): string {
  if (step.setWeight !== undefined) return `setWeight: ${step.setWeight}`;
  if (step.pause !== undefined) return step.pause.duration === undefined ? 'pause' : `pause: ${step.pause.duration}`;
  if (step.experiment !== undefined) return 'experiment';
  if (step.analysis !== undefined) return 'analysis';
  if (step.setCanaryScale !== undefined) return `setCanaryScale${scaleText(step.setCanaryScale)}`;
  if (step.plugin !== undefined) return `plugin: ${step.plugin.name}`;
  if (step.setHeaderRoute !== undefined) return `setHeaderRoute: ${step.setHeaderRoute.name}`;
  if (step.setMirrorRoute !== undefined) return `setMirrorRoute: ${step.setMirrorRoute.name}`;
  return 'invalid';
}

function scaleText({ weight, matchTrafficWeight, replicas }: NonNullable<CanaryStep['setCanaryScale']>): string {
  if (weight !== undefined) return `{weight: ${weight}}`;
  if (matchTrafficWeight === true) return '{matchTrafficWeight: true}';
  return `{replicas: ${replicas ?? 0}}`;
}
