/** Labels and annotations that travel from one object to another, and the one label that separates primary from canary. */
import type { Workload } from '#api/workload.ts';
import { PassFailed } from './effects.ts';
import type { Pass } from './snapshot.ts';

export type TextMap = Readonly<Record<string, string>>;

export interface SelectorLabel {
  readonly key: string;
  readonly value: string;
}

/** The first of `-selector-labels` in the target's selector. Throws `PassFailed` when there is none. */
export function selectorLabelOf(target: Workload, keys: readonly string[]): SelectorLabel {
  const labels = target.spec.selector.matchLabels ?? {};
  const key = keys.find((candidate) => labels[candidate] !== undefined);
  if (key === undefined) {
    const { name, namespace } = target.metadata;
    throw new PassFailed(
      `getSelectorLabel failed: ${target.kind.toLowerCase()} ${name}.${namespace} spec.selector.matchLabels must contain one of [${keys.join(' ')}]`,
    );
  }
  return { key, value: labels[key] ?? '' };
}

/** Keys that Flux uses to find its own objects are never copied: a copy would be taken for one of them. */
export function withoutFluxKeys(map: TextMap | undefined): TextMap {
  return filterKeys(map, (key) => !key.includes('toolkit.fluxcd.io'));
}

/** The entries whose key starts with one of `-include-label-prefix` (`*` for all), less those of Flux. */
export function included(pass: Pass, map: TextMap | undefined): TextMap {
  const prefixes = pass.seen.settings.includeLabelPrefix;
  const all = prefixes.includes('*');
  return filterKeys(withoutFluxKeys(map), (key) => all || prefixes.some((prefix) => key.startsWith(prefix)));
}

function filterKeys(map: TextMap | undefined, keep: (key: string) => boolean): TextMap {
  return Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => keep(key)));
}

/** Equal as maps; absent is empty. */
export function sameMap(first: TextMap | undefined, second: TextMap | undefined): boolean {
  const a = Object.entries(first ?? {});
  const b = second ?? {};
  return a.length === Object.keys(b).length && a.every(([key, value]) => b[key] === value);
}
