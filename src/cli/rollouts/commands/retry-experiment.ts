/** `retry experiment`: runs an experiment again, from its beginning. */
import { experiments } from '#cluster/resource.ts';
import { command } from '../command.ts';

export const retryExperimentCommand = command({
  use: 'experiment EXPERIMENT_NAME',
  aliases: ['exp', 'experiments'],
  summary: 'Run an experiment again',
  example: `
  # Run an experiment again
  kubectl argo rollouts retry experiment my-experiment`,
  args: { atLeast: 1 },
  completes: 'experiments',
  async run(call) {
    const { api, namespace } = await call.cluster();
    for (const name of call.args) {
      const { metadata } = await api.mergePatch(experiments, { namespace, name }, { status: null });
      call.io.stdout(`experiment '${metadata.name}' retried\n`);
    }
  },
});
