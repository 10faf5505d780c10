/** Whether another version is wanted than the one that the last status tells of. */
import type { Pass } from './snapshot.ts';

/** Never on the first pass. */
export function hasTemplateChanged({ rollout, hash }: Pass): boolean {
  const { currentPodHash = '' } = rollout.status ?? {};
  return currentPodHash !== '' && currentPodHash !== hash;
}

/** Another template or other steps: the update starts over. A canary without recorded steps counts as changed. */
export function hasChanged(pass: Pass): boolean {
  const { currentStepHash } = pass.rollout.status ?? {};
  return hasTemplateChanged(pass) || (pass.stepsHash !== undefined && currentStepHash !== pass.stepsHash);
}
