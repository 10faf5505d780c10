/** `abort`: gives an update up; users get the stable version. */
import { rollouts } from '#cluster/resource.ts';
import { command } from '../command.ts';
import { patchStatus } from '../patch-status.ts';

export const abortCommand = command({
  use: 'abort ROLLOUT_NAME',
  summary: 'Abort a rollout',
  description:
    'Stop the update of a rollout and bring the stable version back. The wanted version stays as it is: change it back, or retry.',
  example: `
  # Abort a rollout
  kubectl argo rollouts abort guestbook

  # Abort several, one after the other
  kubectl argo rollouts abort guestbook frontend`,
  args: { atLeast: 1 },
  completes: 'rollouts',
  async run(call) {
    const access = await call.cluster();
    for (const name of call.args) {
      const { metadata } = await patchStatus(access, rollouts, name, { abort: true });
      call.io.stdout(`rollout '${metadata.name}' aborted\n`);
    }
  },
});
