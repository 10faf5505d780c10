/** Phases of runs and metrics, and which of them is worse. */
import type { AnalysisPhase } from '#api/analysis-run.ts';

const completed: readonly AnalysisPhase[] = ['Successful', 'Failed', 'Error', 'Inconclusive'];

export const isCompleted = (phase: AnalysisPhase | undefined): boolean =>
  phase !== undefined && completed.includes(phase);

/** Phases that end the run, and with it all other metrics. */
export const isBad = (phase: AnalysisPhase): boolean => isCompleted(phase) && phase !== 'Successful';

/** From best to worst. */
const severity: readonly AnalysisPhase[] = ['', 'Successful', 'Running', 'Pending', 'Inconclusive', 'Error', 'Failed'];

export const isWorse = (one: AnalysisPhase, other: AnalysisPhase): boolean =>
  severity.indexOf(one) > severity.indexOf(other);

export const worstOf = (phases: readonly AnalysisPhase[]): AnalysisPhase =>
  phases.reduce((worst, phase) => (isWorse(phase, worst) ? phase : worst), '');
