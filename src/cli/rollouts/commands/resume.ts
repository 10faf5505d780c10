/** `resume`: ends what `pause` began. Unlike `promote` it skips no step, and ends no pause of a step. */
import { rollouts } from '#cluster/resource.ts';
import { command } from '../command.ts';

export const resumeCommand = command({
  use: 'resume ROLLOUT_NAME',
  summary: 'Let a rollout that was paused by hand go on where it is',
  description:
    'Let a rollout that was paused by hand go on where it is. Unlike promote it skips no step, and ends no pause of a step.',
  example: `
  # Go on after: kubectl argo rollouts pause guestbook
  kubectl argo rollouts resume guestbook`,
  args: { atLeast: 1 },
  completes: 'rollouts',
  async run(call) {
    const { api, namespace } = await call.cluster();
    for (const name of call.args) {
      const { metadata } = await api.mergePatch(rollouts, { namespace, name }, { spec: { paused: false } });
      call.io.stdout(`rollout '${metadata.name}' resumed\n`);
    }
  },
});
