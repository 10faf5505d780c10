/** The API of Argo Rollouts as a part of the controller process. */
import { readFile } from 'node:fs/promises';
import { analysisRuns, analysisTemplates, experiments, rollouts } from '#cluster/resource.ts';
import { startAnalysisController } from '#controllers/analysis/analysis-controller.ts';
import { startExperimentController } from '#controllers/experiment/experiment-controller.ts';
import { startRolloutController } from '#controllers/rollout/rollout-controller.ts';
import type { ApiPart } from '#main.ts';
import type { Context } from '#controllers/context.ts';
import type { RolloutSettings } from '#controllers/rollout/settings.ts';
import { loadBalancersOf } from '#traffic/aws/elastic-load-balancing.ts';
import { analysisSettings, asksAws, rolloutSettings, type ArgoFlags } from '../argo-flags.ts';
import { ownNamespace } from '../own-namespace.ts';

export function argoRolloutsPart(flags: ArgoFlags, environment: Readonly<Record<string, string | undefined>>): ApiPart {
  const settings = rolloutSettings(flags, environment);
  const analysis = { ...analysisSettings(flags, environment), readText };
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
          : [
              startRolloutController(context, withAws(settings, flags, environment, context)),
              startExperimentController(context, analysis),
            ]),
      ];
      return {
        async stop(options) {
          await Promise.all(controllers.map((controller) => controller.stop(options)));
        },
      };
    },
  };
}

const readText = (file: string): Promise<string> => readFile(file, 'utf8');

/** With the AWS account that the environment names, where flags ask for it. */
function withAws(
  settings: RolloutSettings,
  flags: ArgoFlags,
  environment: Readonly<Record<string, string | undefined>>,
  { http, clock }: Context,
): RolloutSettings {
  if (!asksAws(flags)) return settings;
  const balancers = loadBalancersOf({ http, now: () => clock.now(), environment, readText });
  const albVerifier = { balancers, tag: flags['alb-tag-key-resource-id'] };
  return { ...settings, routers: { ...settings.routers, albVerifier } };
}
