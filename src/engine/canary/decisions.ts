/** The record of what the analysis decided and why: a bounded ring that rides on the status. */
import type { CanaryMetric } from '#api/canary-analysis.ts';
import type { Decision } from '#api/canary-status.ts';
import { rfc3339 } from '#api/time.ts';
import type { Measured } from './effects.ts';
import type { Pass } from './snapshot.ts';
import type { Verdict } from './verdict.ts';

/** Enough for a whole run of ten steps with two metrics, and small enough for an object that is written on each tick (about 8 KB). */
const kept = 20;
/** Longest query and reason that are kept; the rest is cut. */
const longestText = 500;

/** `before` and `added`, newest last, no more than the ring holds. */
export function newestDecisions(
  before: readonly Decision[] | undefined,
  added: readonly Decision[],
): readonly Decision[] {
  return [...(before ?? []), ...added].slice(-kept);
}

/** Remembers why a measurement passed, failed or held. */
export function recordDecision(pass: Pass, metric: CanaryMetric, measured: Measured, verdict: Verdict): void {
  const decision: Decision = {
    at: rfc3339(pass.seen.now),
    metric: metric.name,
    kind: measured.kind,
    query: cut(measured.query),
    // JSON has no infinity: the reason tells of it.
    ...(measured.kind === 'value' && Number.isFinite(measured.value) ? { value: measured.value } : {}),
    ...(verdict.limit === undefined ? {} : { limit: verdict.limit }),
    verdict: verdict.verdict,
    reason: cut(verdict.reason),
    tick: { phase: pass.status.phase, weight: pass.status.canaryWeight },
  };
  pass.decisions = newestDecisions(pass.decisions, [decision]);
}

function cut(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText - 1)}…` : text;
}
