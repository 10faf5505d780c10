/** The conditions of an Experiment. */
import type { AnalysisPhase } from '#api/analysis-run.ts';
import type { Experiment, ExperimentCondition } from '#api/experiment.ts';
import { rfc3339 } from '#api/time.ts';
import { says } from './messages.ts';

type Conditions = readonly ExperimentCondition[];
type Said = Pick<ExperimentCondition, 'type' | 'status' | 'reason' | 'message'>;

/** Times move only when something else does. */
export function withCondition(conditions: Conditions, said: Said, now: number): Conditions {
  const before = conditions.find(({ type }) => type === said.type);
  if (
    before !== undefined &&
    before.status === said.status &&
    before.reason === said.reason &&
    before.message === said.message
  ) {
    return conditions;
  }
  const time = rfc3339(now);
  const lastTransitionTime = before?.status === said.status ? before.lastTransitionTime : time;
  return [...withoutCondition(conditions, said.type), { ...said, lastUpdateTime: time, lastTransitionTime }];
}

export function withoutCondition(conditions: Conditions, type: string): Conditions {
  return conditions.some((one) => one.type === type) ? conditions.filter((one) => one.type !== type) : conditions;
}

/** How far it is. After a failure it stays as it was, as in the original. */
export function progressOf(experiment: Experiment, phase: AnalysisPhase, hasMoved: boolean): Said | undefined {
  const { name } = experiment.metadata;
  if (phase === 'Successful') {
    return { type: 'Progressing', status: 'False', reason: 'ExperimentCompleted', message: says.completed(name) };
  }
  if (phase === 'Running') {
    return { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message: says.running(name) };
  }
  return phase === 'Pending' && hasMoved
    ? { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', message: says.progressing(name) }
    : undefined;
}
