/** Where pods run: rules that keep the target's pods apart are made to keep the primary's pods apart. */
import type { LabelSelector, PodSpec } from '#api/workload.ts';
import type { Pass } from './snapshot.ts';

/** A constraint on where pods run. */
interface SpreadRule {
  readonly labelSelector?: LabelSelector;
  readonly podAffinityTerm?: { readonly labelSelector?: LabelSelector };
}

/** Topology spread and anti-affinity that name the target's pods name the primary's pods instead. */
export function spreadAsPrimary(spec: PodSpec, { names, seen }: Pass): PodSpec {
  return respread(spec, (selector) => renameIn(selector, seen.settings.selectorLabels, names.target, names.primary));
}

/** The other way round. */
export function spreadAsTarget(spec: PodSpec, { names, seen }: Pass): PodSpec {
  return respread(spec, (selector) => renameIn(selector, seen.settings.selectorLabels, names.primary, names.target));
}

function respread(spec: PodSpec, rewrite: (selector: LabelSelector) => LabelSelector): PodSpec {
  const rules = (list: unknown): unknown =>
    Array.isArray(list) ? list.map((rule: SpreadRule) => rewriteRule(rule, rewrite)) : list;
  const affinity = spec['affinity'] as { readonly podAntiAffinity?: Readonly<Record<string, unknown>> } | undefined; // of the pod spec's schema
  const { topologySpreadConstraints } = spec;
  return {
    ...spec,
    ...(topologySpreadConstraints === undefined ? {} : { topologySpreadConstraints: rules(topologySpreadConstraints) }),
    ...(affinity?.podAntiAffinity === undefined
      ? {}
      : {
          affinity: {
            ...affinity,
            podAntiAffinity: Object.fromEntries(
              Object.entries(affinity.podAntiAffinity).map(([when, list]) => [when, rules(list)]),
            ),
          },
        }),
  };
}

function rewriteRule(rule: SpreadRule, rewrite: (selector: LabelSelector) => LabelSelector): SpreadRule {
  return {
    ...rule,
    ...(rule.labelSelector === undefined ? {} : { labelSelector: rewrite(rule.labelSelector) }),
    ...(rule.podAffinityTerm === undefined ? {} : { podAffinityTerm: rewriteRule(rule.podAffinityTerm, rewrite) }),
  };
}

/** Only selectors on a `-selector-labels` key whose value is the workload's *name* are rewritten, as in the original. */
function renameIn(selector: LabelSelector, keys: readonly string[], from: string, to: string): LabelSelector {
  const { matchLabels, matchExpressions } = selector;
  return {
    ...selector,
    ...(matchLabels === undefined
      ? {}
      : {
          matchLabels: Object.fromEntries(
            Object.entries(matchLabels).map(([key, value]) => [key, keys.includes(key) && value === from ? to : value]),
          ),
        }),
    ...(matchExpressions === undefined
      ? {}
      : {
          matchExpressions: matchExpressions.map((expression) => {
            const index = keys.includes(expression.key) ? (expression.values ?? []).indexOf(from) : -1;
            return index < 0 ? expression : { ...expression, values: expression.values?.with(index, to) ?? [] };
          }),
        }),
  };
}
