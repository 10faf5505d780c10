/** What holds a Rollout up, and what would move it on: the part of its story that people ask for. */
import { durationOf } from '#engine/rollout/canary/steps.ts';
import { blueGreenOf, progressDeadlineSecondsOf, stepsOf } from '#engine/rollout/defaults.ts';
import type { AnalysisRunReference, PauseReason } from '#api/rollout.ts';
import type { SeenRollout, RolloutTeller } from './rollout-story.ts';
import { humanDuration } from './rollouts/human-duration.ts';
import { type AnalysisRun, timeOf } from './rollouts/rollout-objects.ts';

/** The first of these that holds says what is waited for; nothing below it can move before. */
export const whatItWaitsFor: RolloutTeller = (seen) => {
  for (const hold of holds) {
    const told = hold(seen);
    if (told.length > 0) return told;
  }
  return seen.info.status === 'Healthy' ? ['It waits for nothing: a change of its pods starts the next update.'] : [];
};

const notSeen: RolloutTeller = ({ rollout, info }) => {
  if (rollout.status?.conditions === undefined && rollout.status?.phase === undefined)
    return ['No controller has looked at it yet. Is one running, and does it look after this namespace?'];
  return info.message.startsWith('waiting for rollout spec update')
    ? ['Its spec was changed, and no controller has looked at the change yet. Is one running?']
    : [];
};

const invalid: RolloutTeller = ({ rollout }) => {
  const condition = rollout.status?.conditions?.find(({ type }) => type === 'InvalidSpec');
  return condition === undefined
    ? []
    : [`Nothing moves while it is invalid: ${condition.message}`, 'It goes on by itself once that is repaired.'];
};

const aborted: RolloutTeller = ({ rollout, info }) =>
  rollout.status?.abort === true
    ? [
        `The update was aborted: the stable version has the traffic, and stays.`,
        `To try the same version again: kubectl argo rollouts retry rollout ${info.name}`,
        'Another change of its pods starts a new update; the pods of the stable version make it healthy again.',
      ]
    : [];

const pausedByHand: RolloutTeller = ({ rollout, info }) =>
  rollout.spec.paused === true
    ? ['It was paused by hand (spec.paused).', `To go on where it is: kubectl argo rollouts resume ${info.name}`]
    : [];

const paused: RolloutTeller = (seen) => {
  const [condition] = seen.rollout.status?.pauseConditions ?? [];
  return condition === undefined ? [] : pauses[condition.reason](seen, timeOf(condition.startTime) ?? seen.now);
};

/** By the reason; `since` is when it began. */
const pauses: Readonly<Record<PauseReason, (seen: SeenRollout, since: number) => readonly string[]>> = {
  CanaryPauseStep: ({ rollout, info, now }, since) => {
    const step = stepsOf(rollout)[rollout.status?.currentStepIndex ?? 0];
    const duration = step?.pause?.duration;
    return pauseText({ name: info.name, end: duration === undefined ? undefined : since + durationOf(duration), now });
  },
  BlueGreenPause: ({ rollout, info, now }, since) => {
    const { autoPromotionSeconds = 0 } = blueGreenOf(rollout) ?? {};
    const end = autoPromotionSeconds > 0 ? since + autoPromotionSeconds * 1_000 : undefined;
    return ['The new version is ready beside the active one.', ...pauseText({ name: info.name, end, now })];
  },
  InconclusiveAnalysisRun: (seen) => [
    'An analysis could not decide: a person has to.',
    ...analyses(seen),
    ...decision(seen.info.name),
  ],
  InconclusiveExperiment: (seen) => ['An experiment could not decide: a person has to.', ...decision(seen.info.name)],
};

function pauseText({ name, end, now }: { name: string; end: number | undefined; now: number }): readonly string[] {
  if (end === undefined) return ['It waits for a person, for as long as it takes.', ...decision(name)];
  const left = end > now ? `in ${humanDuration(end - now)}` : 'any moment';
  return [`It goes on by itself ${left}.`, `To go on now: kubectl argo rollouts promote ${name}`];
}

const decision = (name: string): readonly string[] => [
  `To go on: kubectl argo rollouts promote ${name}`,
  `To go back: kubectl argo rollouts abort ${name}`,
];

/** Pods that do not come up, and why. */
const podsMissing: RolloutTeller = ({ info, rollout, belongings, now }) => {
  const { currentPodHash = '' } = rollout.status ?? {};
  const set = info.replicaSets.find(({ name }) => currentPodHash !== '' && name.endsWith(currentPodHash));
  if (set === undefined || set.status === 'Healthy' || set.status === 'ScaledDown') return [];
  const troubled = set.pods.filter(({ ready, containers }) => ready < containers);
  const failure = belongings.replicaSets
    .find(({ metadata }) => metadata.name === set.name)
    ?.status?.conditions?.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  return [
    `It waits for pods of revision ${set.revision}: ${set.available} are available, ${set.pods.length} exist.`,
    ...(failure?.message === undefined ? [] : [`  Pods cannot be made: ${failure.message}`]),
    ...troubled.map(
      ({ name, status, restarts }) => `  ${name}: ${status}${restarts === 0 ? '' : `, ${restarts} restarts`}`,
    ),
    ...deadline(rollout, now),
  ];
};

function deadline(rollout: SeenRollout['rollout'], now: number): readonly string[] {
  const progressing = rollout.status?.conditions?.find(({ type }) => type === 'Progressing');
  const seconds = progressDeadlineSecondsOf(rollout);
  if (progressing?.reason === 'ProgressDeadlineExceeded')
    return [`  It has made no progress for ${humanDuration(seconds * 1_000)}, which is why it counts as degraded.`];
  const last = timeOf(progressing?.lastUpdateTime);
  const left = last === undefined ? 0 : last + seconds * 1_000 - now;
  if (left <= 0) return [];
  const end = rollout.spec.progressDeadlineAbort === true ? 'is aborted' : 'counts as degraded';
  return [`  It ${end} if that makes no progress within ${humanDuration(left)}.`];
}

const weightsUnverified: RolloutTeller = ({ rollout }) =>
  rollout.status?.canary?.weights?.verified === false
    ? ['It waits until the router is seen to do what it was told about the weight.']
    : [];

const analysisRuns: RolloutTeller = (seen) => {
  const lines = analyses(seen);
  return lines.length === 0 ? [] : ['It waits for an analysis:', ...lines];
};

/** What the analyses that count now have measured so far. */
function analyses({ rollout, belongings }: SeenRollout): readonly string[] {
  const { canary = {}, blueGreen = {} } = rollout.status ?? {};
  const named: readonly (AnalysisRunReference | undefined)[] = [
    canary.currentStepAnalysisRunStatus,
    canary.currentBackgroundAnalysisRunStatus,
    blueGreen.prePromotionAnalysisRunStatus,
    blueGreen.postPromotionAnalysisRunStatus,
  ];
  return named.flatMap((reference) => {
    if (reference === undefined || reference.status === 'Successful') return [];
    const run = belongings.analysisRuns.find(({ metadata }) => metadata.name === reference.name);
    const why = reference.message ? `: ${reference.message}` : '';
    return [`  ${reference.name} is ${reference.status || 'not begun'}${why}`, ...metricLines(run)];
  });
}

function metricLines(run: AnalysisRun | undefined): readonly string[] {
  return (run?.status?.metricResults ?? []).map((result) => {
    const last = result.measurements?.at(-1);
    const value = last?.value === undefined ? '' : `, last value ${last.value}`;
    const why = result.message ?? last?.message ?? '';
    const counts = `${result.successful ?? 0} good, ${result.failed ?? 0} bad, ${result.error ?? 0} errors`;
    return `    ${result.name}: ${result.phase} (${counts}${value})${why === '' ? '' : `: ${why}`}`;
  });
}

const experimentRuns: RolloutTeller = ({ rollout, info }) => {
  const name = rollout.status?.canary?.currentExperiment;
  if (name === undefined || name === '') return [];
  const experiment = info.experiments.find((one) => one.name === name);
  return [`It waits for experiment ${name}, which is ${experiment?.status || 'not begun'}.`];
};

const cutover: RolloutTeller = ({ info, rollout }) =>
  info.status === 'Progressing' && blueGreenOf(rollout) !== undefined
    ? ['It waits until all pods of the new version are available; then the active Service turns to them.']
    : [];

const deadlineOver: RolloutTeller = ({ info }) =>
  info.status === 'Degraded'
    ? [
        'It has missed its deadline. It goes on by itself as soon as there is progress.',
        ...decision(info.name).slice(1),
      ]
    : [];

const holds: readonly RolloutTeller[] = [
  notSeen,
  invalid,
  aborted,
  pausedByHand,
  paused,
  podsMissing,
  weightsUnverified,
  experimentRuns,
  analysisRuns,
  deadlineOver,
  cutover,
];
