/** `terminate analysisrun` and `terminate experiment`: end what runs before its time. */
import type { Resource } from '#api/kubernetes.ts';
import { analysisRuns, experiments } from '#cluster/resource.ts';
import { type Call, command, type Command } from '../command.ts';

export const terminateAnalysisRunCommand = command({
  use: 'analysisrun ANALYSISRUN_NAME',
  aliases: ['ar', 'analysisruns'],
  summary: 'Terminate an analysis run',
  example: `
  # Terminate an analysis run
  kubectl argo rollouts terminate analysisrun guestbook-877894d5b-4-success-rate.1`,
  args: { atLeast: 1 },
  completes: 'analysisruns',
  run: (call) => terminate(call, analysisRuns, (name) => `analysisRun '${name}' terminated\n`),
});

export const terminateExperimentCommand = command({
  use: 'experiment EXPERIMENT_NAME',
  aliases: ['exp', 'experiments'],
  summary: 'Terminate an experiment',
  example: `
  # Terminate an experiment
  kubectl argo rollouts terminate experiment my-experiment`,
  args: { atLeast: 1 },
  completes: 'experiments',
  // "retried" is a slip of the original that scripts may wait for.
  run: (call) => terminate(call, experiments, (name) => `experiment '${name}' retried\n`),
});

export const terminateCommand: Command = {
  use: 'terminate <analysisrun|experiment> RESOURCE_NAME',
  summary: 'Terminate an analysis run or an experiment',
  example: `
  # Terminate an analysis run
  kubectl argo rollouts terminate analysisrun guestbook-877894d5b-4-success-rate.1

  # Terminate an experiment
  kubectl argo rollouts terminate experiment my-experiment`,
  plainUse: true,
  commands: [terminateAnalysisRunCommand, terminateExperimentCommand],
};

async function terminate(
  call: Pick<Call, 'args' | 'io' | 'cluster'>,
  resource: Resource,
  confirmation: (name: string) => string,
): Promise<void> {
  const { api, namespace } = await call.cluster();
  for (const name of call.args) {
    const { metadata } = await api.mergePatch(resource, { namespace, name }, { spec: { terminate: true } });
    call.io.stdout(confirmation(metadata.name));
  }
}
