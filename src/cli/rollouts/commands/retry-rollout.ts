/** `retry rollout`: starts an aborted update again from its first step. */
import { rollouts } from '#cluster/resource.ts';
import { command } from '../command.ts';
import { patchStatus } from '../patch-status.ts';

export const retryRolloutCommand = command({
  use: 'rollout ROLLOUT_NAME',
  aliases: ['ro', 'rollouts'],
  summary: 'Retry an aborted rollout',
  example: `
  # Retry an aborted rollout
  kubectl argo rollouts retry rollout guestbook`,
  args: { atLeast: 1 },
  completes: 'rollouts',
  async run(call) {
    const access = await call.cluster();
    for (const name of call.args) {
      const { metadata } = await patchStatus(access, rollouts, name, { abort: false });
      call.io.stdout(`rollout '${metadata.name}' retried\n`);
    }
  },
});
