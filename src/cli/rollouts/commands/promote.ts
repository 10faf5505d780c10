/** `promote`: lets an update go on, past a pause, past a step, or to its end. */
import type { KubeObject } from '#api/kubernetes.ts';
import { rollouts } from '#cluster/resource.ts';
import { stepsOf } from '#engine/rollout/defaults.ts';
import { asRollout } from '../collect.ts';
import { type ClusterAccess, command } from '../command.ts';
import { boolFlag, type FlagValues } from '../flags.ts';
import { isNotFound } from '../kube-error.ts';
import type { Rollout } from '../rollout-objects.ts';

const flags = {
  full: boolFlag(false, 'Go to the end at once: without analysis, pauses and steps'),
  'skip-all-steps': boolFlag(false, 'Skip the steps that are left', {
    short: 'a',
    deprecated: 'use --full instead',
  }),
  'skip-current-step': boolFlag(false, 'Skip the current step', {
    short: 'c',
    deprecated: 'use without the flag instead ex: promote ROLLOUT_NAME',
  }),
};

type Flags = FlagValues<typeof flags>;

export const promoteCommand = command({
  use: 'promote ROLLOUT_NAME',
  summary: 'Let a rollout go on',
  description: 'End the pause of a rollout, or skip steps of its canary.',
  example: `
  # End the pause
  kubectl argo rollouts promote guestbook

  # Skip analysis, pauses and steps
  kubectl argo rollouts promote guestbook --full`,
  args: { exactly: 1 },
  completes: 'rollouts',
  flags,
  async run(call) {
    const [name = ''] = call.args;
    if (call.flags['skip-current-step'] && call.flags['skip-all-steps'])
      throw new Error('Cannot use skip-current-step and skip-all-steps flags at the same time');
    const access = await call.cluster();
    const rollout = asRollout(await access.api.get(rollouts, { namespace: access.namespace, name }));
    refuseSkips(rollout, call.flags);
    const promoted = await send(access, rollout, patchesFor(rollout, call.flags));
    call.io.stdout(`rollout '${promoted.metadata.name}' ${call.flags.full ? 'fully promoted' : 'promoted'}\n`);
  },
});

function refuseSkips(rollout: Rollout, given: Flags): void {
  if (!given['skip-current-step'] && !given['skip-all-steps']) return;
  if (rollout.spec.strategy?.blueGreen !== undefined)
    throw new Error('Cannot skip steps of a bluegreen rollout. Run without a flags');
  if (stepsOf(rollout).length === 0) throw new Error('Cannot skip steps of a rollout without steps');
}

type Fields = Readonly<Record<string, unknown>>;

interface Patches {
  readonly spec?: Fields;
  readonly status?: Fields;
  /** In the place of both, where the kind has no status of its own to patch. */
  readonly unified: Fields;
}

const unpaused = { paused: false };

function patchesFor(rollout: Rollout, given: Flags): Patches {
  const { status = {} } = rollout;
  const steps = stepsOf(rollout).length;
  if (given['skip-current-step']) return ofStatus({ currentStepIndex: nextStep(rollout) });
  if (given['skip-all-steps']) return ofStatus({ currentStepIndex: steps });
  const spec = rollout.spec.paused === true ? { spec: unpaused } : {};
  if (given.full) {
    const isUpdating = status.currentPodHash !== status.stableRS;
    const promoteFull = { promoteFull: true };
    return {
      ...spec,
      ...(isUpdating ? { status: promoteFull } : {}),
      unified: { spec: unpaused, status: promoteFull },
    };
  }
  const resumed = { pauseConditions: null };
  if ((status.pauseConditions ?? []).length > 0) {
    const isUndecided = status.canary?.currentStepAnalysisRunStatus?.status === 'Inconclusive';
    const skips = isUndecided && status.controllerPause === true && steps > 0;
    const skipped = { ...resumed, controllerPause: false, currentStepIndex: nextStep(rollout) };
    return { ...spec, status: skips ? skipped : resumed, unified: { spec: unpaused, status: resumed } };
  }
  if (steps === 0) return { ...spec, unified: { spec: unpaused } };
  const next = { ...resumed, currentStepIndex: nextStep(rollout) };
  return { ...spec, status: next, unified: { spec: unpaused, status: next } };
}

const ofStatus = (status: Fields): Patches => ({ status, unified: { status } });

function nextStep(rollout: Rollout): number {
  const index = rollout.status?.currentStepIndex ?? 0;
  return index < stepsOf(rollout).length ? index + 1 : index;
}

async function send(
  { api, namespace }: ClusterAccess,
  rollout: Rollout,
  { spec, status, unified }: Patches,
): Promise<KubeObject> {
  const ref = { namespace, name: rollout.metadata.name };
  let promoted: KubeObject = rollout;
  if (status !== undefined) {
    try {
      promoted = await api.mergePatch(rollouts, ref, { status }, 'status');
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return api.mergePatch(rollouts, ref, unified);
    }
  }
  return spec === undefined ? promoted : api.mergePatch(rollouts, ref, { spec });
}
