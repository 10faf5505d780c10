/** `restart`: has the pods of a rollout replaced, now or at a time to come. */
import { rollouts } from '#cluster/resource.ts';
import { command } from '../command.ts';
import { stringFlag } from '../flags.ts';
import { parseGoDuration } from '../go-duration.ts';

export const restartCommand = command({
  use: 'restart ROLLOUT',
  summary: 'Restart the pods of a rollout',
  description: 'Replace the pods of a rollout one after the other, without a new version.',
  example: `
  # Restart the pods
  kubectl argo rollouts restart guestbook

  # Restart them in ten minutes
  kubectl argo rollouts restart guestbook --in 10m`,
  args: { exactly: 1 },
  completes: 'rollouts',
  flags: {
    in: stringFlag('', 'How long to wait before, such as 30s, 5m or 1h30m. Default: not at all', { short: 'i' }),
  },
  async run(call) {
    const [name = ''] = call.args;
    const wait = call.flags.in === '' ? 0 : parseGoDuration(call.flags.in);
    const { api, namespace } = await call.cluster();
    const restartAt = wholeSeconds(new Date(call.clock.now() + wait));
    const { metadata } = await api.mergePatch(rollouts, { namespace, name }, { spec: { restartAt } });
    call.io.stdout(`rollout '${metadata.name}' restarts in ${call.flags.in || '0s'}\n`);
  },
});

const wholeSeconds = (time: Date): string => `${time.toISOString().slice(0, -'.000Z'.length)}Z`;
