/** One analysis run: rollout hooks, then every metric; the first failure ends it and costs exactly one failed check. */
import { isBuiltinMetric, type CanaryMetric } from '#api/canary-analysis.ts';
import { rfc3339 } from '#api/time.ts';
import { recordDecision } from './decisions.ts';
import type { MetricSource, Steps } from './effects.ts';
import { ask } from './effects.ts';
import { says } from './messages.ts';
import { hooksOf } from './policy.ts';
import { alert, complain, warn } from './reporting.ts';
import type { Pass, RunStatus } from './snapshot.ts';
import { setStatus, withFields } from './status.ts';
import { judge, type Verdict } from './verdict.ts';

/** How an analysis run ended. `held`: a metric could not be judged and its owner asked to wait for it. */
export type AnalysisResult = 'passed' | 'failed' | 'held';

export function* analyse(pass: Pass): Steps<AnalysisResult> {
  const { names, canary } = pass;
  const held = pass.status.held;
  // Whatever comes out now is not a hold any more, unless it is one again.
  pass.status = withFields(pass.status, { held: undefined });
  for (const hook of hooksOf(canary, 'rollout')) {
    const answer = yield* ask({ do: 'call-hook', hook, phase: 'Progressing' });
    if (!answer.ok) {
      yield* warn(pass, says.externalCheckFailed(names, hook.name, answer.message));
      return 'failed';
    }
  }
  for (const [metric, source] of questionsOf(canary.spec.analysis.metrics ?? [])) {
    const verdict = yield* measure(pass, metric, source);
    if (verdict.verdict === 'fail') return 'failed';
    if (verdict.verdict === 'hold') {
      yield* hold(pass, metric, verdict, held);
      return 'held';
    }
  }
  if (held !== undefined) yield* setStatus(pass, {});
  return 'passed';
}

/** Each metric with the sources to ask, in the original's order: built-in and inline queries first, then templates and what has no source at all. */
function questionsOf(metrics: readonly CanaryMetric[]): readonly (readonly [CanaryMetric, MetricSource])[] {
  const own = metrics.flatMap((metric): [CanaryMetric, MetricSource][] => [
    ...(isBuiltinMetric(metric.name) ? [[metric, 'builtin'] satisfies [CanaryMetric, MetricSource]] : []),
    ...(metric.query ? [[metric, 'inline'] satisfies [CanaryMetric, MetricSource]] : []),
  ]);
  const others = metrics.filter(
    (metric) => metric.templateRef !== undefined || (!metric.query && !isBuiltinMetric(metric.name)),
  );
  return [...own, ...others.map((metric) => [metric, 'template'] as const)];
}

function* measure(pass: Pass, metric: CanaryMetric, source: MetricSource): Steps<Verdict> {
  const measured = yield* ask({ do: 'measure', metric, source });
  if (measured.kind === 'value') {
    // The duration is compared in milliseconds, and exported in seconds as the original does.
    const exported =
      source === 'builtin' && metric.name === 'request-duration' ? measured.value / 1000 : measured.value;
    yield* ask({ do: 'observe', observation: { what: 'metric', metric: metric.name, value: exported } });
  }
  const verdict = judge(metric, source, measured, pass.names);
  recordDecision(pass, metric, measured, verdict);
  if (verdict.verdict === 'fail') yield* verdict.isError ? complain(pass, verdict.reason) : warn(pass, verdict.reason);
  return verdict;
}

/** Keeps weight and counters, and says so once: the time when it began stays in the status until the metric answers again. */
function* hold(pass: Pass, metric: CanaryMetric, verdict: Verdict, before: RunStatus['held']): Steps {
  if (before?.metric === metric.name) {
    pass.status = withFields(pass.status, { held: before });
    return;
  }
  const message = says.holding(pass.names, metric.name, verdict.detail ?? verdict.reason);
  yield* warn(pass, message);
  yield* alert('warn', message);
  yield* setStatus(pass, { held: { since: rfc3339(pass.seen.now), metric: metric.name, reason: verdict.reason } });
}
