/** What must hold of every AnalysisRun at every write, whoever made it. */
import { isDeepStrictEqual } from 'node:util';
import type { AnalysisMeasurement, AnalysisRun, MetricResult } from '#api/analysis-run.ts';
import { analysisRuns, nameOf } from '#cluster/resource.ts';
import type { Objects } from '#sandbox/objects.ts';

export interface AnalysisGuards {
  /** What never may be and was, in words; may be added to. */
  readonly broken: string[];
}

/** How many measurements are shown at most. */
const keptByDefault = 10;

function keptOf({ spec: { measurementRetention = [] } }: AnalysisRun): number {
  return Math.min(keptByDefault, ...measurementRetention.map(({ limit }) => limit));
}

export function analysisGuards(objects: Objects): AnalysisGuards {
  const broken: string[] = [];
  const last = new Map<string, AnalysisRun>();
  objects.subscribe(({ type, resource, object }) => {
    if (nameOf(resource) !== nameOf(analysisRuns)) return;
    const uid = object.metadata.uid ?? '';
    const run = object as AnalysisRun; // the kind says so
    const before = last.get(uid);
    if (type === 'DELETED') last.delete(uid);
    else last.set(uid, run);
    const said = (problem: string): void => void broken.push(`${run.metadata.name}: ${problem}`);
    for (const result of run.status?.metricResults ?? []) {
      checkCounters(result, keptOf(run), said);
      const earlier = before?.status?.metricResults?.find(({ name }) => name === result.name);
      if (earlier !== undefined) checkNext(earlier, result, said);
    }
    for (const { name } of before?.status?.metricResults ?? [])
      if (type !== 'DELETED' && run.status?.metricResults?.every((one) => one.name !== name) !== false)
        said(`the results of ${name} are lost`);
    if (before?.status?.completedAt !== undefined && before.status.phase !== run.status?.phase)
      said(`was ${before.status.phase}, and became ${run.status?.phase}`);
  });
  return { broken };
}

const isOver = ({ phase }: AnalysisMeasurement): boolean => phase !== 'Running' && phase !== 'Pending' && phase !== '';

const takenOf = ({ count = 0, error = 0 }: MetricResult): number => count + error;

function checkCounters(result: MetricResult, kept: number, said: (problem: string) => void): void {
  const { name, count = 0, successful = 0, failed = 0, inconclusive = 0, measurements = [] } = result;
  if (count !== successful + failed + inconclusive)
    said(`${name} counts ${count}, but ${successful} + ${failed} + ${inconclusive}`);
  const over = measurements.filter(isOver).length;
  if (takenOf(result) < over) said(`${name} shows ${over} measurements, but has counted ${takenOf(result)}`);
  // One that is under way takes a place.
  if (over < Math.min(takenOf(result), kept - 1))
    said(`${name} has counted ${takenOf(result)} measurements, but shows ${over}`);
  if (measurements.slice(0, -1).some((one) => !isOver(one))) said(`${name} leaves a measurement running behind`);
}

/** One write takes at most one measurement of a metric in, and none out but the oldest. */
function checkNext(before: MetricResult, after: MetricResult, said: (problem: string) => void): void {
  const more = takenOf(after) - takenOf(before);
  if (more < 0 || more > 1) said(`${after.name} goes from ${takenOf(before)} to ${takenOf(after)} measurements`);
  const ended = (before.measurements ?? []).filter(isOver);
  const now = (after.measurements ?? []).filter(isOver);
  const shared = ended.slice(Math.max(0, ended.length - (now.length - more)));
  if (!isDeepStrictEqual(now.slice(0, now.length - more), shared))
    said(`${after.name} rewrites what was measured: ${JSON.stringify(before)} to ${JSON.stringify(after)}`);
}
