/** The API of Argo Rollouts as a part of the controller process. */
import { analysisRuns, analysisTemplates, experiments, rollouts } from '#cluster/resource.ts';
import { startAnalysisController } from '#controllers/analysis/analysis-controller.ts';
import { startExperimentController } from '#controllers/experiment/experiment-controller.ts';
import { startRolloutController } from '#controllers/rollout/rollout-controller.ts';
import type { ApiPart } from '#main.ts';
import { analysisSettings, ownNamespace, rolloutSettings, type ArgoFlags } from '../argo-flags.ts';

export function argoRolloutsPart(flags: ArgoFlags, environment: Readonly<Record<string, string | undefined>>): ApiPart {
  const settings = rolloutSettings(flags, environment);
  const analysis = analysisSettings(flags, environment);
  const instanceId = flags['instance-id'];
  return {
    name: 'rollouts-controller',
    kinds: [rollouts, analysisRuns, analysisTemplates, experiments],
    namespace: settings.namespace,
    ...(flags['leader-elect']
      ? {
          lease: {
            name: `argo-rollouts-controller-lock${instanceId === '' ? '' : `-${instanceId}`}`,
            namespace: ownNamespace(environment),
            duration: flags['leader-election-lease-duration'],
            shards: 1,
          },
        }
      : {}),
    start(context) {
      const controllers = [
        startAnalysisController(context, analysis),
        ...(flags.controllers === 'analysis'
          ? []
          : [startRolloutController(context, settings), startExperimentController(context, analysis)]),
      ];
      return {
        async stop(options) {
          await Promise.all(controllers.map((controller) => controller.stop(options)));
        },
      };
    },
  };
}
