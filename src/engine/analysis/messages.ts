/** The texts of AnalysisRuns: the original's to the letter, because people search their logs for them. */
import type { AnalysisPhase } from '#api/analysis-run.ts';

export interface RunEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

function event(subject: string, what: string, phase: AnalysisPhase): RunEvent {
  const type = phase === 'Failed' || phase === 'Error' ? 'Warning' : 'Normal';
  return { type, reason: `${subject}${phase}`, message: `${what} Completed. Result: ${phase}` };
}

export const events = {
  metricEnded: (metric: string, phase: AnalysisPhase): RunEvent => event('Metric', `Metric '${metric}'`, phase),
  runEnded: (phase: AnalysisPhase): RunEvent => event('AnalysisRun', 'Analysis', phase),
};

export const says = {
  unresolved: (why: string) => `Unable to resolve metric arguments: ${why}`,
  invalid: (why: string) => `Analysis spec invalid: ${why}`,
  assessed: (metric: string, phase: AnalysisPhase, reason: string, detail: string) =>
    `Metric "${metric}" assessed ${phase} due to ${reason}${detail === '' ? '' : `: "Error Message: ${detail}"`}`,
  assessedDry: (phase: AnalysisPhase, reason: string) => `Metric assessed ${phase} due to ${reason}`,
  withoutSuccess: (metric: string) => `Metric "${metric}" has no successful measurement`,
  withoutSuccessDry: () => 'Metric has no successful measurement',
  metricTerminated: () => 'Metric Terminated',
  runTerminated: () => 'Run Terminated',
  /** What the verdict of a run stands on that did not take all its measurements. */
  evidence: (successful: number, measured: number) =>
    measured === 0 ? 'nothing was measured' : `${successful} of ${measured} measurements succeeded`,
  holding: (metric: string, since: string, why: string) =>
    `Metric "${metric}" holds since ${since}: ${why === '' ? 'its provider does not answer' : why}`,
  failedLimit: (count: number, limit: number) => `failed (${count}) > failureLimit (${limit})`,
  inconclusiveLimit: (count: number, limit: number) => `inconclusive (${count}) > inconclusiveLimit (${limit})`,
  errorLimit: (count: number, limit: number) => `consecutiveErrors (${count}) > consecutiveErrorLimit (${limit})`,
};
