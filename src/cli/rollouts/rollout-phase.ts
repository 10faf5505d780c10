/** How a Rollout is, for somebody outside the controller: what its status says counts only once it speaks of the newest spec. */
import { phaseOf } from '#engine/rollout/status/phase.ts';
import type { Rollout } from './rollout-objects.ts';

export interface RolloutPhase {
  readonly status: string;
  readonly message: string;
}

export function rolloutPhase(rollout: Rollout): RolloutPhase {
  const { status = {} } = rollout;
  if (!isObserved(rollout)) return { status: 'Progressing', message: 'waiting for rollout spec update to be observed' };
  if (status.controllerPause === true && (status.pauseConditions ?? []).length === 0)
    return { status: 'Progressing', message: 'waiting for rollout to unpause' };
  if (status.phase) return { status: status.phase, message: status.message ?? '' };
  // Controllers of old wrote no phase.
  const { phase, message = '' } = phaseOf(rollout, status);
  return { status: phase, message };
}

/** Very old controllers wrote a hash for a generation: that counts, as does a generation from before a restore. */
function isObserved({ metadata, status }: Rollout): boolean {
  const observed = status?.observedGeneration ?? '';
  return !/^[+-]?\d+$/.test(observed) || Number(observed) >= (metadata.generation ?? 0);
}

const icons: Readonly<Record<string, string>> = {
  Progressing: '◌',
  Error: '⚠',
  InvalidSpec: '⚠',
  Paused: '॥',
  Healthy: '✔',
  Degraded: '✖',
  Unknown: '?',
  ScaledDown: '•',
};

export const rolloutIcon = (status: string): string => icons[status] ?? ' ';
