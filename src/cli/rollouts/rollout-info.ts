/** Everything that the plugin shows of a Rollout, from the objects of its namespace. Pure: ages are worked out where they are printed. */
import { replicasOf } from '#engine/rollout/defaults.ts';
import { type AnalysisRunInfo, analysisRunInfos } from './analysis-run-info.ts';
import { type ExperimentInfo, experimentInfo } from './experiment-info.ts';
import { type ReplicaSetInfo, replicaSetInfos, tagsOf } from './replica-set-info.ts';
import { type Belongings, byCreation, createdAt, isOwnedBy, type Rollout } from './rollout-objects.ts';
import { rolloutIcon, rolloutPhase } from './rollout-phase.ts';
import { actualWeightOf, setWeightOf, stepText } from './rollout-weights.ts';

export interface RolloutInfo {
  readonly name: string;
  readonly namespace: string;
  readonly createdAt: number | undefined;
  readonly status: string;
  readonly icon: string;
  readonly message: string;
  readonly strategy: 'Canary' | 'BlueGreen' | '';
  /** `2/5`; only a canary has it, and the weights. */
  readonly step: string;
  readonly setWeight: number | undefined;
  readonly actualWeight: number | undefined;
  readonly desired: number;
  readonly current: number;
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  readonly replicaSets: readonly ReplicaSetInfo[];
  readonly experiments: readonly ExperimentInfo[];
  readonly analysisRuns: readonly AnalysisRunInfo[];
}

export function rolloutInfo(rollout: Rollout, belongings: Belongings): RolloutInfo {
  const { metadata, status = {} } = rollout;
  const strategy = strategyOf(rollout);
  const sets = replicaSetInfos(rollout, belongings.replicaSets, belongings.pods, (set) => tagsOf(rollout, set));
  const { status: phase, message } = rolloutPhase(rollout);
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? '',
    createdAt: createdAt(rollout),
    status: phase,
    icon: rolloutIcon(phase),
    message,
    strategy,
    step: strategy === 'Canary' ? stepText(rollout) : '',
    setWeight: strategy === 'Canary' ? setWeightOf(rollout) : undefined,
    actualWeight: strategy === 'Canary' ? actualWeightOf(rollout, sets) : undefined,
    desired: replicasOf(rollout),
    current: status.replicas ?? 0,
    updated: status.updatedReplicas ?? 0,
    ready: status.readyReplicas ?? 0,
    available: status.availableReplicas ?? 0,
    replicaSets: sets,
    experiments: belongings.experiments
      .filter((experiment) => isOwnedBy(experiment, rollout))
      .map((experiment) => experimentInfo(experiment, belongings))
      .toSorted(byCreation),
    analysisRuns: analysisRunInfos(rollout, belongings.analysisRuns),
  };
}

export function strategyOf({ spec }: Rollout): RolloutInfo['strategy'] {
  if (spec.strategy?.canary !== undefined) return 'Canary';
  return spec.strategy?.blueGreen === undefined ? '' : 'BlueGreen';
}
