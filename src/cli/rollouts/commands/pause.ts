/** `pause`: holds a rollout where it is. */
import { rollouts } from '#cluster/resource.ts';
import { command } from '../command.ts';

export const pauseCommand = command({
  use: 'pause ROLLOUT_NAME',
  summary: 'Pause a rollout',
  description: 'Hold a rollout where it is until it is promoted or resumed.',
  example: `
  # Pause a rollout
  kubectl argo rollouts pause guestbook`,
  args: { atLeast: 1 },
  completes: 'rollouts',
  async run(call) {
    const { api, namespace } = await call.cluster();
    for (const name of call.args) {
      const { metadata } = await api.mergePatch(rollouts, { namespace, name }, { spec: { paused: true } });
      call.io.stdout(`rollout '${metadata.name}' paused\n`);
    }
  },
});
