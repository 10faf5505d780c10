/** The pause step of a canary: when it begins, and when to look whether it is over. */
import { currentStepOf, durationOf } from './steps.ts';
import { addPause, pausedSince } from '../status/pausing.ts';
import { nowOf, wakeIn, type Pass } from '../snapshot.ts';

const reason = 'CanaryPauseStep';

/** Called once sizes have nothing left to do. */
export function decidePauseStep(pass: Pass): void {
  const { spec, status = {} } = pass.rollout;
  const pause = currentStepOf(pass)?.pause;
  if (pause === undefined || spec.paused === true || status.promoteFull === true || status.abort === true) return;
  const since = pausedSince(pass, reason);
  if (since === undefined) {
    // With `controllerPause` the user has removed the condition: the step is complete.
    if (status.controllerPause !== true) addPause(pass, reason);
  } else if (pause.duration !== undefined) {
    // The step is over when later than its end, and times are in whole seconds.
    wakeIn(pass, since + durationOf(pause.duration) - nowOf(pass) + 1);
  }
}
