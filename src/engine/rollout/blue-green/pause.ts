/** The pause before the active Service is switched: when it begins, and what ends it. */
import type { BlueGreenStrategy } from '#api/rollout.ts';
import { isPrePromotionDone } from './analysis.ts';
import { isAtPreviewSize } from './size.ts';
import { isAutoPromotionEnabled } from '../defaults.ts';
import { addPause, pausedSince, removePause } from '../status/pausing.ts';
import { activeHashOf } from './active-service.ts';
import { hasPauseCondition, isHalted, isStableGone, nowOf, setOf, wakeIn, type Pass } from '../snapshot.ts';

const reason = 'BlueGreenPause';

/** Nobody has to agree: the version is trusted, or users have none to compare it with. */
export function isFastTracked(pass: Pass, strategy: BlueGreenStrategy): boolean {
  if (pass.rollback.isFast || pass.rollout.status?.promoteFull === true) return true;
  const selected = activeHashOf(pass, strategy);
  if (selected === '' || selected === pass.hash) return true;
  return isStableGone(pass) && setOf(pass.sets, selected) === undefined;
}

export function decidePause(pass: Pass, strategy: BlueGreenStrategy): void {
  const { status = {} } = pass.rollout;
  if (status.abort === true || !isAtPreviewSize(pass, strategy) || isHalted(pass)) return;
  const seconds = strategy.autoPromotionSeconds ?? 0;
  const isAutomatic = isAutoPromotionEnabled(pass.rollout) && seconds <= 0;
  const passesBy = isFastTracked(pass, strategy) || status.blueGreen?.scaleUpPreviewCheckPoint === true || isAutomatic;
  if (passesBy) return removePause(pass, reason);
  if (!isPrePromotionDone(pass, strategy)) return;
  if (hasPauseCondition(pass, reason)) {
    if (isPauseCompleted(pass, strategy)) return removePause(pass, reason);
    const since = pausedSince(pass, reason) ?? nowOf(pass);
    if (seconds > 0 && isAutoPromotionEnabled(pass.rollout)) wakeIn(pass, since + seconds * 1000 - nowOf(pass));
  } else if (status.controllerPause !== true) addPause(pass, reason);
}

/** Whether the new version has waited long enough, or its user has let it go on. */
export function isPauseCompleted(pass: Pass, strategy: BlueGreenStrategy): boolean {
  if (pass.pause.added.includes(reason)) return false;
  const { status = {} } = pass.rollout;
  if (status.blueGreen?.scaleUpPreviewCheckPoint === true) return true;
  if (!isAutoPromotionEnabled(pass.rollout)) return status.controllerPause === true && !hasPauseCondition(pass, reason);
  const seconds = strategy.autoPromotionSeconds ?? 0;
  if (seconds <= 0) return true;
  const since = pausedSince(pass, reason);
  if (since === undefined) return status.controllerPause === true;
  return since + seconds * 1000 <= nowOf(pass);
}
