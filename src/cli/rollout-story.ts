/** The story of a Rollout: where it stands and why, what it waits for and what would move it on, and what has happened to it. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { CanaryStep } from '#api/rollout.ts';
import { annotationKeys } from '#engine/rollout/replica-sets/replica-set.ts';
import { stepsOf } from '#engine/rollout/defaults.ts';
import { humanDuration } from './rollouts/human-duration.ts';
import type { ReplicaSetInfo } from './rollouts/replica-set-info.ts';
import { type RolloutInfo, rolloutInfo } from './rollouts/rollout-info.ts';
import { type Belongings, type Rollout, timeOf } from './rollouts/rollout-objects.ts';
import { whatItWaitsFor } from './rollout-waits.ts';

/** Everything that a story is made of. */
export interface RolloutScene {
  readonly rollout: Rollout;
  readonly belongings: Belongings;
  /** Events about it, in any order. */
  readonly events: readonly KubeObject[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A scene with what is read off it. */
export interface SeenRollout extends RolloutScene {
  readonly info: RolloutInfo;
}

export type RolloutTeller = (seen: SeenRollout) => readonly string[];

/** Plain text, one fact a line. */
export function rolloutStory(scene: RolloutScene): string {
  const seen = { ...scene, info: rolloutInfo(scene.rollout, scene.belongings) };
  return `${chapters.flatMap((chapter) => chapter(seen)).join('\n')}\n`;
}

const whereItStands: RolloutTeller = ({ rollout, info, now }) => {
  const since = sinceWhen(rollout);
  const kind = info.strategy === 'BlueGreen' ? 'blue-green' : info.strategy === 'Canary' ? 'canary' : 'no strategy';
  return [
    `Rollout ${info.name}.${info.namespace} (${kind}, ${podsText(info.desired)} wanted) is ${info.status || 'not seen by a controller yet'}` +
      `${since === undefined ? '' : ` since ${new Date(since).toISOString()} (${humanDuration(now - since)})`}.`,
    ...(info.message === '' ? [] : [`It says: ${info.message}`]),
  ];
};

/** When the pause began, else when it last began, went on or ended. */
function sinceWhen({ status = {} }: Rollout): number | undefined {
  const pause = timeOf(status.pauseConditions?.[0]?.startTime);
  if (pause !== undefined) return pause;
  if (status.abort === true) return timeOf(status.abortedAt);
  return timeOf(status.conditions?.find(({ type }) => type === 'Progressing')?.lastTransitionTime);
}

const howFarItIs: RolloutTeller = ({ rollout, info }) => {
  if (info.strategy !== 'Canary') return [];
  const steps = stepsOf(rollout);
  const index = rollout.status?.currentStepIndex ?? 0;
  const step = steps[index];
  const weights = `${info.actualWeight}% of the traffic is on the new version, ${info.setWeight}% is wanted`;
  if (rollout.status?.abort === true) return ['After an abort all traffic belongs to the stable version.'];
  if (isOver(rollout)) return ['The new version has everything: all steps are done.'];
  if (step === undefined) return [`All ${steps.length} steps are done; ${weights}.`];
  return [`It is at step ${index + 1} of ${steps.length}, ${wordsOf(step)}; ${weights}.`];
};

const isOver = ({ status = {} }: Rollout): boolean =>
  (status.stableRS ?? '') !== '' && status.stableRS === status.currentPodHash;

function wordsOf(step: CanaryStep): string {
  if (step.setWeight !== undefined) return `which sets the weight to ${step.setWeight}`;
  if (step.pause !== undefined)
    return step.pause.duration === undefined ? 'a pause without an end' : `a pause of ${String(step.pause.duration)}`;
  if (step.analysis !== undefined) return 'an analysis';
  if (step.experiment !== undefined) return 'an experiment';
  if (step.setCanaryScale !== undefined) return 'which sets the number of pods';
  if (step.plugin !== undefined) return `which the plugin ${step.plugin.name} does`;
  if (step.setHeaderRoute !== undefined) return `which routes by header (${step.setHeaderRoute.name ?? ''})`;
  return step.setMirrorRoute === undefined ? 'which is empty' : `which mirrors traffic (${step.setMirrorRoute.name})`;
}

/** Versions that have pods, newest first. */
const whoRuns: RolloutTeller = ({ info, now }) =>
  info.replicaSets
    .filter(({ status, pods }) => status !== 'ScaledDown' || pods.length > 0)
    .map((set) => runs(set, now));

function runs(set: ReplicaSetInfo, now: number): string {
  const role = [...set.tags].join(' and ');
  const deadline = timeOf(set.scaleDownDeadline);
  const end =
    deadline === undefined
      ? ''
      : deadline > now
        ? `; its pods go in ${humanDuration(deadline - now)}`
        : '; its pods may go by now';
  return (
    `Revision ${set.revision}${role === '' ? '' : ` (${role})`} runs ${set.images.join(' and ')}: ` +
    `${set.available} of ${podsText(Math.max(set.replicas, set.available))} available${end}.`
  );
}

const podsText = (count: number): string => (count === 1 ? '1 pod' : `${count} pods`);

const mostEvents = 10;

const whatHasHappened: RolloutTeller = ({ rollout, events }) => {
  const told = events
    .filter(({ involvedObject }) => isAbout(involvedObject, rollout))
    .map(readEvent)
    .toSorted((one, other) => (one.at < other.at ? -1 : 1))
    .slice(-mostEvents);
  if (told.length === 0) return ['', 'No event about it is kept any more.'];
  return [
    '',
    'What has happened, oldest first:',
    ...told.map(({ at, reason, message }) => `  ${at} ${reason}: ${message}`),
  ];
};

/** Of this Rollout, not of one with the same name that was there before. */
function isAbout(involved: unknown, { metadata }: Rollout): boolean {
  if (typeof involved !== 'object' || involved === null || !('name' in involved)) return false;
  const uid = 'uid' in involved ? involved.uid : undefined;
  return involved.name === metadata.name && (uid === undefined || uid === metadata.uid);
}

function readEvent(event: KubeObject): { readonly at: string; readonly reason: string; readonly message: string } {
  const text = (name: string): string => {
    const value = event[name];
    return typeof value === 'string' ? value : '';
  };
  const at = text('lastTimestamp') || text('eventTime') || (event.metadata.creationTimestamp ?? '');
  return { at, reason: text('reason'), message: text('message') };
}

const revisionText: RolloutTeller = ({ rollout }) => {
  const revision = rollout.metadata.annotations?.[annotationKeys.revision];
  return revision === undefined ? [] : [`Its newest revision is ${revision}.`];
};

const chapters: readonly RolloutTeller[] = [
  whereItStands,
  revisionText,
  howFarItIs,
  whoRuns,
  whatItWaitsFor,
  whatHasHappened,
];
