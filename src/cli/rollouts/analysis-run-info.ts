/** An AnalysisRun as the plugin shows it: how it ended, how many measurements of each kind it has, and the Jobs that measured. */
import type { MetricResult } from '#api/analysis-run.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { type AnalysisRun, byCreation, byName, createdAt, isOwnedBy, revisionOf, timeOf } from './rollout-objects.ts';

export interface AnalysisRunInfo {
  readonly name: string;
  readonly createdAt: number | undefined;
  readonly revision: number;
  /** Its phase; empty before anybody has looked at it. */
  readonly status: string;
  readonly icon: string;
  readonly successful: number;
  readonly failed: number;
  readonly inconclusive: number;
  readonly error: number;
  readonly jobs: readonly JobInfo[];
}

export interface JobInfo {
  readonly name: string;
  readonly status: string;
  readonly icon: string;
  readonly startedAt: number | undefined;
}

const icons: Readonly<Record<string, string>> = {
  Successful: '✔',
  Inconclusive: '?',
  Failed: '✖',
  Error: '⚠',
  Running: '◌',
  Pending: '◷',
};

/** Of an AnalysisRun, an Experiment or a measurement. */
export const phaseIcon = (phase: string): string => icons[phase] ?? ' ';

/** Those of `owner`, oldest first. */
export function analysisRunInfos(owner: KubeObject, runs: readonly AnalysisRun[]): readonly AnalysisRunInfo[] {
  return runs
    .filter((run) => isOwnedBy(run, owner))
    .map(infoOf)
    .toSorted((one, other) => byCreation(one, other) || -byName(one, other));
}

function infoOf(run: AnalysisRun): AnalysisRunInfo {
  const results = run.status?.metricResults ?? [];
  const total = (count: 'successful' | 'failed' | 'inconclusive' | 'error'): number =>
    results.reduce((sum, result) => sum + (result[count] ?? 0), 0);
  const status = run.status?.phase ?? '';
  return {
    name: run.metadata.name,
    createdAt: createdAt(run),
    revision: revisionOf(run),
    status,
    icon: phaseIcon(status),
    successful: total('successful'),
    failed: total('failed'),
    inconclusive: total('inconclusive'),
    error: total('error'),
    jobs: results.flatMap(jobsOf),
  };
}

/** The cluster is not asked for Jobs: a measurement knows the name of the one that made it. */
function jobsOf({ measurements = [] }: MetricResult): readonly JobInfo[] {
  return measurements.flatMap(({ metadata, phase, startedAt }) => {
    const name = metadata?.['job-name'];
    if (name === undefined) return [];
    return [{ name, status: phase, icon: phaseIcon(phase), startedAt: timeOf(startedAt) }];
  });
}
