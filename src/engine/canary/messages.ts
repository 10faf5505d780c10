/** The texts of a Canary's events, alerts and conditions: the original's, to the letter, because people search their logs for them. */
import type { CanaryPhase } from '#api/canary-status.ts';
import type { Names } from './names.ts';

/** Texts of events. `{c}.{ns}` names the Canary, `{t}.{ns}` its target: the original mixes the two, and so do these. */
export const says = {
  suspended: () => 'skipping canary run as object is suspended',
  metricServersAvailable: () => 'all the metrics providers are available!',
  metricServersFail: (reason: string) => `Error checking metric providers: ${reason}`,
  initialised: (n: Names) => `Initialization done! ${n.canary}.${n.namespace}`,
  newRevision: (n: Names) => `New revision detected! Scaling up ${n.target}.${n.namespace}`,
  restarting: (n: Names) => `New revision detected! Restarting analysis for ${n.target}.${n.namespace}`,
  starting: (n: Names) => `Starting canary analysis for ${n.target}.${n.namespace}`,
  canaryWeight: (n: Names, weight: number) => `Advance ${n.canary}.${n.namespace} canary weight ${weight}`,
  iteration: (n: Names, done: number, of: number) =>
    `Advance ${n.canary}.${n.namespace} canary iteration ${done}/${of}`,
  primaryWeight: (n: Names, weight: number) => `Advance ${n.canary}.${n.namespace} primary weight ${weight}`,
  canaryVanished: (n: Names) => `Routing all traffic to primary: ${n.target}.${n.namespace} has no available pods`,
  allToCanary: () => 'Routing all traffic to canary',
  stopMirroring: () => 'Stop traffic mirroring and route all traffic to canary',
  allToPrimary: () => 'Routing all traffic to primary',
  copying: (n: Names) => `Copying ${n.target}.${n.namespace} template spec to ${n.primary}.${n.namespace}`,
  promoted: (n: Names) => `Promotion completed! Scaling down ${n.target}.${n.namespace}`,
  skipped: (n: Names) => `Promotion completed! Canary analysis was skipped for ${n.target}.${n.namespace}`,
  thresholdReached: (n: Names, checks: number) =>
    `Rolling back ${n.canary}.${n.namespace} failed checks threshold reached ${checks}`,
  failed: (n: Names) => `Canary failed! Scaling down ${n.canary}.${n.namespace}`,
  promotionFailed: (n: Names, reason: string) =>
    `Promotion of ${n.target}.${n.namespace} failed, primary not ready: ${reason}`,
  terminating: (n: Names) => `Terminating canary ${n.canary}.${n.namespace}`,
  terminated: (n: Names) => `Terminated canary ${n.canary}.${n.namespace}`,
  notFinalized: (reason: string) => `Unable to finalize canary: canary not ready during finalizing: ${reason}`,
  firstVersionReplaced: (n: Names) =>
    `The first version of ${n.target}.${n.namespace} changed, starting it again as ${n.primary}.${n.namespace}`,
  scaleDownFailed: (n: Names, reason: string) =>
    `scaling down canary ${n.kind} ${n.target}.${n.namespace} failed: ${reason}`,
  confirmRolloutPassed: (hook: string) => `Confirm-rollout check ${hook} passed`,
  preRolloutPassed: (hook: string) => `Pre-rollout check ${hook} passed`,
  trafficIncreasePassed: (hook: string) => `Confirm-traffic-increase check ${hook} passed`,
  confirmPromotionPassed: (hook: string) => `Confirm-promotion check ${hook} passed`,
  postRolloutPassed: (hook: string) => `Post-rollout check ${hook} passed`,
  postRolloutFailed: (hook: string, reason: string) => `Post-rollout hook ${hook} failed ${reason}`,
  noRollback: (hook: string) => `Rollback hook ${hook} not signaling a rollback`,
  rollbackPassed: (hook: string) => `Rollback check ${hook} passed`,
  rollbackInvoked: (n: Names) => `Rolling back ${n.canary}.${n.namespace} manual webhook invoked`,
  parked: (n: Names) => `${n.target}.${n.namespace} was scaled to zero during its run`,
  waitingForApproval: (n: Names, hook: string) =>
    `Halt ${n.canary}.${n.namespace} advancement waiting for approval ${hook}`,
  waitingForPromotion: (n: Names, hook: string) =>
    `Halt ${n.canary}.${n.namespace} advancement waiting for promotion approval ${hook}`,
  waitingForTrafficIncrease: (n: Names, hook: string) =>
    `Halt ${n.canary}.${n.namespace} advancement waiting for traffic increase approval ${hook}`,
  preRolloutFailed: (n: Names, hook: string, reason: string) =>
    `Halt ${n.canary}.${n.namespace} advancement pre-rollout check ${hook} failed ${reason}`,
  externalCheckFailed: (n: Names, hook: string, reason: string) =>
    `Halt ${n.canary}.${n.namespace} advancement external check ${hook} failed ${reason}`,
  holding: (n: Names, metric: string, reason: string) =>
    `Hold ${n.canary}.${n.namespace} at its weight while metric ${metric} cannot be judged: ${reason}`,
  noAbTestingOnKubernetes: () => 'A/B testing is not supported when using the kubernetes provider',
  noWeightsOnKubernetes: () => 'Progressive traffic is not supported when using the kubernetes provider',
  iterationsOnKubernetes: (iterations: number) => `Setting canaryAnalysis.iterations: ${iterations}`,
};

/** Texts of alerts. */
export const alerts = {
  initialised: (n: Names) => `New ${n.kind} detected, initialization completed.`,
  progressing: () => 'New revision detected, progressing canary analysis.',
  waitingForApproval: () => 'Canary is waiting for approval.',
  waitingForPromotion: () => 'Canary promotion is waiting for approval.',
  waitingForTrafficIncrease: () => 'Canary traffic increase is waiting for approval.',
  rollbackInvoked: () => 'Rolling back manual webhook invoked',
  failed: (reason: string) => `Canary failed, rolling back: ${reason}`,
  thresholdReached: (checks: number) => `Failed checks threshold reached ${checks}`,
  promotionFailed: (reason: string) => `Promotion failed, primary not ready: ${reason}`,
  promoted: () => 'Canary analysis completed successfully, promotion finished.',
  skipped: () => 'Canary analysis was skipped, promotion finished.',
};

interface ConditionText {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly message: (kind: string) => string;
}

const starting: ConditionText = {
  status: 'Unknown',
  message: (kind) => `New ${kind} detected, starting initialization.`,
};
const waiting: ConditionText = { status: 'Unknown', message: () => 'Waiting for approval.' };

/** The `Promoted` condition of each phase. */
export const promotedCondition: Readonly<Record<CanaryPhase, ConditionText>> = {
  '': starting,
  Initializing: starting,
  Initialized: { status: 'True', message: (kind) => `${kind} initialization completed.` },
  Waiting: waiting,
  WaitingPromotion: waiting,
  Progressing: { status: 'Unknown', message: () => 'New revision detected, progressing canary analysis.' },
  Promoting: { status: 'Unknown', message: () => 'Canary analysis completed, starting primary rolling update.' },
  Finalising: { status: 'Unknown', message: () => 'Canary analysis completed, routing all traffic to primary.' },
  Succeeded: { status: 'True', message: () => 'Canary analysis completed successfully, promotion finished.' },
  Failed: { status: 'False', message: (kind) => `Canary analysis failed, ${kind} scaled to zero.` },
  Terminating: starting,
  Terminated: starting,
};
