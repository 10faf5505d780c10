/** The texts of Experiments: the original's to the letter. */
import type { AnalysisPhase } from '#api/analysis-run.ts';
import type { TemplateStatusCode } from '#api/experiment.ts';
import type { EventEffect } from './effects.ts';

function event(
  type: EventEffect['type'],
  reason: string,
  message: string,
  on: EventEffect['on'] = 'experiment',
): EventEffect {
  return { do: 'event', on, type, reason, message };
}

const isBad = (phase: string): boolean => phase === 'Failed' || phase === 'Error';
const isUnsuccessful = (phase: string): boolean => isBad(phase) || phase === 'Inconclusive';
const detail = (message: string): string => (message === '' ? '' : `: ${message}`);

export const events = {
  templateChanged: (name: string, from: TemplateStatusCode, to: TemplateStatusCode, message: string) =>
    event(
      isBad(to) ? 'Warning' : 'Normal',
      `Template${to}`,
      `Template '${name}' transitioned from ${from} -> ${to}${detail(message)}`,
    ),
  /** Told to the Experiment, and as a Warning to the Rollout that owns it. */
  analysisChanged: (name: string, from: AnalysisPhase, to: AnalysisPhase, message: string, ofRollout: boolean) => {
    const text = `AnalysisRun '${name}' transitioned from ${from} -> ${to}${detail(message)}`;
    const own = event(isUnsuccessful(to) ? 'Warning' : 'Normal', `AnalysisRun${to}`, text);
    return ofRollout ? [own, event('Warning', `AnalysisRun${to}`, text, 'rollout')] : [own];
  },
  terminating: (analysis: string, run: string) =>
    event('Normal', 'AnalysisRunTerminating', `Terminating ${analysis} (${run})`),
  experimentChanged: (from: AnalysisPhase, to: AnalysisPhase) =>
    event(
      isUnsuccessful(to) ? 'Warning' : 'Normal',
      `Experiment${to}`,
      `Experiment transitioned from ${from} -> ${to}`,
    ),
  scaled: (set: string, from: number, to: number) =>
    event('Normal', 'ScalingReplicaSet', `Scaled ${to > from ? 'up' : 'down'} ReplicaSet ${set} from ${from} to ${to}`),
  notCreated: (set: string, why: string) =>
    event('Normal', 'ReplicaSetCreateError', `Failed to create new replica set "${set}": ${why}`),
  notScaled: (message: string) => event('Warning', 'ReplicaSetUpdateError', message),
};

export const says = {
  setNotCreated: (template: string, why: string) => `Failed to create ReplicaSet for template '${template}': ${why}`,
  serviceNotCreated: (service: string, template: string, why: string) =>
    `Failed to create Service ${service} for template '${template}': ${why}`,
  serviceNotDeleted: (template: string, why: string) => `Failed to delete Service for template '${template}': ${why}`,
  serviceTaken: (service: string, template: string) =>
    `service ${service} already exists and is not owned by experiment template ${template}`,
  notScaled: (template: string, replicas: number, why: string) =>
    `Unable to scale ReplicaSet for template '${template}' to desired replica count '${replicas}': ${why}`,
  deadlineExceeded: (template: string, seconds: number) =>
    `Template '${template}' exceeded its progressDeadlineSeconds (${seconds})`,
  severalSets: (template: string) => `multiple ReplicaSets match single experiment template: ${template}`,
  severalServices: (template: string) => `multiple Services match single experiment template: ${template}`,
  templateMissing: (clusterScope: boolean, analysis: string, template: string) => {
    const kind = `${clusterScope ? 'Cluster' : ''}AnalysisTemplate`;
    return `${kind} verification failed for analysis '${analysis}': ${kind.toLowerCase()}.argoproj.io "${template}" not found`;
  },
  runNotCreated: (analysis: string, why: string) => `Failed to create AnalysisRun for analysis '${analysis}': ${why}`,
  runGone: (run: string) => `analysisrun.argoproj.io "${run}" not found`,
  requiredCompleted: () => 'Required AnalysisRuns completed',
  progressing: (name: string) => `Experiment "${name}" is progressing.`,
  running: (name: string) => `Experiment "${name}" is running.`,
  completed: (name: string) => `Experiment "${name}" has successfully ran and completed.`,
  templateEdited: (template: string) =>
    `Template '${template}' was changed after its ReplicaSet was made: the change has no effect`,
};
