/** When a run that has ended is deleted. */
import type { AnalysisRun } from '#api/analysis-run.ts';
import { parseTime } from '#api/time.ts';
import { isCompleted } from './phases.ts';

/** Milliseconds since the epoch; `undefined`: never. */
export function expiresAt({ spec, status }: AnalysisRun): number | undefined {
  if (!isCompleted(status?.phase) || status?.completedAt === undefined) return undefined;
  const { secondsAfterCompletion, secondsAfterFailure, secondsAfterSuccess } = spec.ttlStrategy ?? {};
  const own = { Successful: secondsAfterSuccess, Failed: secondsAfterFailure };
  const seconds =
    (status.phase === 'Successful' || status.phase === 'Failed' ? own[status.phase] : undefined) ??
    secondsAfterCompletion;
  // More than that many whole seconds must have passed.
  return seconds === undefined ? undefined : parseTime(status.completedAt) + (seconds + 1) * 1000;
}
