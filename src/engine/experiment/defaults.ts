/** What an Experiment means where it says nothing. */
import { parseDuration } from '#api/duration.ts';
import type { Experiment, ExperimentTemplate } from '#api/experiment.ts';
import { parseTime } from '#api/time.ts';

const progressDeadlineSeconds = 600;
const scaleDownDelaySeconds = 30;

export const progressDeadlineSecondsOf = ({ spec }: Experiment): number =>
  spec.progressDeadlineSeconds ?? progressDeadlineSeconds;

export const scaleDownDelaySecondsOf = ({ spec }: Experiment): number =>
  spec.scaleDownDelaySeconds ?? scaleDownDelaySeconds;

export const replicasOf = ({ replicas = 1 }: ExperimentTemplate): number => replicas;

/** When its time is up, in milliseconds since the epoch; `undefined`: never, or not known yet. */
export function endOf({ spec, status }: Experiment): number | undefined {
  const duration = parseDuration(spec.duration ?? '');
  const availableAt = status?.availableAt;
  return duration === undefined || availableAt === undefined ? undefined : parseTime(availableAt) + duration;
}
