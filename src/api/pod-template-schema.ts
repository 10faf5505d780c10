/** The pod template of a Rollout for its CRD: what the API server adds and refuses; everything else passes as it is. */
import { z } from 'zod';
import type { PodTemplate } from './workload.ts';

/** Raw JSON on both sides: a template that was parsed is the very object that was given. */
export const podTemplate = z
  .unknown()
  .meta({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true })
  .pipe(z.custom<PodTemplate>(isObject, 'it must be an object'));

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
