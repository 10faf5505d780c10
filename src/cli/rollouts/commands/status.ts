/** `status`: one line a state, until the Rollout is healthy or degraded. Scripts wait with it. */
import { rollouts } from '#cluster/resource.ts';
import { asRollout, missingText, readRollout } from '../collect.ts';
import { type Call, type ClusterAccess, command } from '../command.ts';
import { boolFlag, durationFlag } from '../flags.ts';
import type { Rollout } from '../rollout-objects.ts';
import { type RolloutPhase, rolloutPhase } from '../rollout-phase.ts';

const flags = {
  timeout: durationFlag(0, 'How long to wait for the end, such as 60s or 5m. Zero: for ever', { short: 't' }),
  watch: boolFlag(true, 'Wait until the rollout is healthy or degraded', { short: 'w' }),
};

export const statusCommand = command({
  use: 'status ROLLOUT_NAME',
  summary: 'Tell how a rollout is, and wait until it is done',
  description:
    'Tell how a rollout is. By default it waits until the rollout is healthy (exit code 0) or degraded (exit code 1).',
  example: `
  # Wait until it is done
  kubectl argo rollouts status guestbook

  # Wait for a minute at most
  kubectl argo rollouts status guestbook --timeout 60s

  # Tell how it is now
  kubectl argo rollouts status guestbook --watch=false`,
  args: { exactly: 1 },
  completes: 'rollouts',
  flags,
  async run(call) {
    const [name = ''] = call.args;
    const access = await call.cluster();
    const first = await readRollout(access, name);
    if (!call.flags.watch) {
      const { status, message } = rolloutPhase(first);
      call.io.stdout(isEnd(status) ? `${status}\n` : `${status} - ${message}\n`);
      refuseDegraded({ status, message });
      return;
    }
    const last = await waitForEnd(call, access, first);
    refuseDegraded(last);
    if (last.status !== 'Healthy') throw new Error('Rollout status watch exceeded timeout');
  },
});

const isEnd = (status: string): boolean => status === 'Healthy' || status === 'Degraded';

function refuseDegraded({ status, message }: RolloutPhase): void {
  if (status === 'Degraded') throw new Error(`The rollout is in a degraded state with message: ${message}`);
}

/** The state at its end, or when the time was over or the process was asked to end. */
async function waitForEnd(call: Call<typeof flags>, access: ClusterAccess, first: Rollout): Promise<RolloutPhase> {
  const { clock, io } = call;
  const { name } = first.metadata;
  const { followObjects } = await import('../live-objects.ts');
  const over = new AbortController();
  const stop = (): void => over.abort();
  io.signal.addEventListener('abort', stop, { once: true });
  const cancel = call.flags.timeout > 0 ? clock.after(call.flags.timeout, stop) : undefined;
  let latest: RolloutPhase = { status: '', message: '' };
  let printed = '';
  let isGone = false;
  const look = (rollout: Rollout | undefined): void => {
    isGone = rollout === undefined;
    if (rollout === undefined) {
      io.stderr(`Warning: ${missingText(rollouts, name)}\n`);
      return;
    }
    latest = rolloutPhase(rollout);
    const line = latest.message === '' ? latest.status : `${latest.status} - ${latest.message}`;
    if (line !== printed) io.stdout(`${line}\n`);
    printed = line;
    if (isEnd(latest.status)) stop();
  };
  look(first);
  const { namespace } = access;
  const selection = { resource: rollouts, namespace, fieldSelector: `metadata.name=${name}`, first: [first] };
  const objects = followObjects(call, access, [selection], {
    signal: over.signal,
    onChange: () => {
      const [found] = objects.list(rollouts);
      if (!over.signal.aborted) look(found === undefined ? undefined : asRollout(found));
    },
  });
  await ended(over.signal);
  cancel?.();
  io.signal.removeEventListener('abort', stop);
  if (isGone) throw new Error(missingText(rollouts, name));
  return latest;
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
