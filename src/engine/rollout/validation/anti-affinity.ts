/** `antiAffinity` of either strategy. */
import type { AntiAffinity } from '#api/rollout.ts';
import { invalid, type FieldProblems } from './field-problem.ts';

export function* antiAffinityProblems(antiAffinity: AntiAffinity | undefined): FieldProblems {
  if (antiAffinity === undefined) return;
  const field = 'spec.strategy.antiAffinity';
  const {
    preferredDuringSchedulingIgnoredDuringExecution: preferred,
    requiredDuringSchedulingIgnoredDuringExecution: required,
  } = antiAffinity;
  const given = [
    `antiAffinity.PreferredDuringSchedulingIgnoredDuringExecution: ${preferred !== undefined}`,
    `antiAffinity.RequiredDuringSchedulingIgnoredDuringExecution: ${required !== undefined}`,
  ];
  if ((preferred === undefined) === (required === undefined))
    yield invalid(field, given.join(' '), 'AntiAffinity must have exactly one strategy listed');
  if (preferred !== undefined && (preferred.weight < 1 || preferred.weight > 100))
    yield invalid(`${field}.weight`, preferred.weight, 'AntiAffinity weight must be between 1-100');
}
