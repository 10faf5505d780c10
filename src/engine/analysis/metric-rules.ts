/** Rules that are about the metrics whose name they match: dry run, and how many measurements are kept. */
import type { AnalysisRunSpec } from '#api/analysis-run.ts';
import { compileRegularExpression } from './regular-expression.ts';

export type MatchedRules =
  | {
      readonly ok: true;
      /** Names of metrics that decide nothing. */
      readonly dry: ReadonlySet<string>;
      readonly retention: ReadonlyMap<string, number>;
    }
  | { readonly ok: false; readonly message: string };

type RuledSpec = Pick<AnalysisRunSpec, 'dryRun' | 'measurementRetention'>;

/** A rule that is about no metric is a mistake: what it should have kept from deciding would decide. */
export function matchRules(spec: RuledSpec, names: readonly string[]): MatchedRules {
  const dry = new Set<string>();
  for (const [at, rule] of (spec.dryRun ?? []).entries()) {
    const matched = matching(rule.metricName, names);
    if (matched.length === 0) return withoutMatch('dryRun', at);
    for (const name of matched) dry.add(name);
  }
  const retention = new Map<string, number>();
  for (const [at, rule] of (spec.measurementRetention ?? []).entries()) {
    const matched = matching(rule.metricName, names);
    if (matched.length === 0) return withoutMatch('measurementRetention', at);
    // The last rule wins.
    for (const name of matched) retention.set(name, rule.limit);
  }
  return { ok: true, dry, retention };
}

function withoutMatch(field: string, at: number): MatchedRules {
  return { ok: false, message: `${field}[${at}]: Rule didn't match any metric name(s)` };
}

/** An expression that cannot be read matches nothing. */
function matching(pattern: string, names: readonly string[]): string[] {
  const compiled = compileRegularExpression(pattern);
  return compiled.ok ? names.filter(compiled.test) : [];
}

const defaultRetention = 10;

/** Measurements of a metric that are kept. */
export function retentionOf(retention: ReadonlyMap<string, number>, metric: string): number {
  const limit = retention.get(metric) ?? 0;
  return limit > 0 ? limit : defaultRetention;
}
