/** An Experiment as the plugin shows it, with its ReplicaSets and AnalysisRuns. */
import { type AnalysisRunInfo, analysisRunInfos, phaseIcon } from './analysis-run-info.ts';
import { type ReplicaSetInfo, replicaSetInfos } from './replica-set-info.ts';
import { type Belongings, createdAt, type Experiment, revisionOf } from './rollout-objects.ts';

export interface ExperimentInfo {
  readonly name: string;
  readonly namespace: string;
  readonly createdAt: number | undefined;
  readonly revision: number;
  /** Its phase; empty before anybody has looked at it. */
  readonly status: string;
  readonly icon: string;
  readonly message: string;
  readonly replicaSets: readonly ReplicaSetInfo[];
  readonly analysisRuns: readonly AnalysisRunInfo[];
}

export function experimentInfo(
  experiment: Experiment,
  { replicaSets, pods, analysisRuns }: Pick<Belongings, 'replicaSets' | 'pods' | 'analysisRuns'>,
): ExperimentInfo {
  const status = experiment.status?.phase ?? '';
  return {
    name: experiment.metadata.name,
    namespace: experiment.metadata.namespace ?? '',
    createdAt: createdAt(experiment),
    revision: revisionOf(experiment),
    status,
    icon: phaseIcon(status),
    message: experiment.status?.message ?? '',
    // It is the template that tells them apart: they are neither stable nor canary of anything.
    replicaSets: replicaSetInfos(experiment, replicaSets, pods, () => new Set()),
    analysisRuns: analysisRunInfos(experiment, analysisRuns),
  };
}
