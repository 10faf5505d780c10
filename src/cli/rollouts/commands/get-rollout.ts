/** `get rollout`: a Rollout with its revisions, ReplicaSets and pods as a tree. */
import { analysisRuns, experiments, pods, replicaSets, rollouts } from '#cluster/resource.ts';
import { asRollout, belongingsOf, collectRollout, missingText } from '../collect.ts';
import { command } from '../command.ts';
import { boolFlag, intFlag } from '../flags.ts';
import { paintFor } from '../paint.ts';
import { type RolloutInfo, rolloutInfo } from '../rollout-info.ts';
import { rolloutText } from '../rollout-text.ts';

export const getRolloutCommand = command({
  use: 'rollout ROLLOUT_NAME',
  aliases: ['ro', 'rollouts'],
  summary: 'Show a rollout with its revisions, ReplicaSets and pods',
  description: 'Show a rollout with its revisions, ReplicaSets, pods, experiments and analysis runs as a tree.',
  example: `
  # Show a rollout
  kubectl argo rollouts get rollout guestbook

  # Follow it
  kubectl argo rollouts get rollout guestbook -w

  # Follow it for a minute at most
  kubectl argo rollouts get rollout guestbook -w --timeout-seconds 60`,
  args: { exactly: 1 },
  completes: 'rollouts',
  flags: {
    'no-color': boolFlag(false, 'Print without colors'),
    'timeout-seconds': intFlag(0, 'End the watch after so many seconds. Zero: never'),
    watch: boolFlag(false, 'Follow the rollout and draw it anew', { short: 'w' }),
  },
  async run(call) {
    const { args, flags, io, clock, env } = call;
    const [name = ''] = args;
    const access = await call.cluster();
    const paint = paintFor(flags['no-color'], env);
    const draw = (info: RolloutInfo, now: number): string => rolloutText(info, { paint, now });
    const { rollout, belongings } = await collectRollout(access, name);
    if (!flags.watch) {
      io.stdout(draw(rolloutInfo(rollout, belongings), clock.now()));
      return;
    }
    const { namespace } = access;
    const { showMovingPicture } = await import('../moving-picture.ts');
    await showMovingPicture(call, access, {
      selections: [
        { resource: rollouts, namespace, fieldSelector: `metadata.name=${name}`, first: [rollout] },
        { resource: replicaSets, namespace, first: belongings.replicaSets },
        { resource: pods, namespace, first: belongings.pods },
        { resource: experiments, namespace, first: belongings.experiments },
        { resource: analysisRuns, namespace, first: belongings.analysisRuns },
      ],
      read: (objects) => {
        const [found] = objects.list(rollouts);
        return found === undefined
          ? missingText(rollouts, name)
          : rolloutInfo(
              asRollout(found),
              belongingsOf((kind) => objects.list(kind)),
            );
      },
      draw,
      timeout: flags['timeout-seconds'] * 1_000,
    });
  },
});
