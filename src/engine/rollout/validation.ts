import type { Rollout } from '#api/rollout.ts';
export function validateSpec(_rollout: Rollout): string | undefined {
  return undefined;
}
