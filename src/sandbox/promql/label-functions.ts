/** The functions that write labels: label_replace and label_join. */
import { anchoredExpression } from '#metrics/promql/regular-expression.ts';
import { EvaluationError } from './evaluation-error.ts';
import type { Labels, Sample } from './series.ts';

/** Where `expression` matches the whole of label `source`, label `target` becomes `replacement` with its `$1` and `${name}` filled in. */
export function labelReplace(
  samples: readonly Sample[],
  target: string,
  replacement: string,
  source: string,
  pattern: string,
): Sample[] {
  requireLabelName(target);
  const expression = expressionOf(pattern);
  return samples.map(({ labels, value }) => {
    const match = expression.exec(labels.get(source) ?? '');
    return { labels: match === null ? labels : withLabel(labels, target, expand(replacement, match)), value };
  });
}

/** Label `target` becomes the values of `sources` with `separator` between them. */
export function labelJoin(
  samples: readonly Sample[],
  target: string,
  separator: string,
  sources: readonly string[],
): Sample[] {
  requireLabelName(target);
  sources.forEach(requireLabelName);
  return samples.map(({ labels, value }) => {
    const joined = sources.map((source) => labels.get(source) ?? '').join(separator);
    return { labels: withLabel(labels, target, joined), value };
  });
}

function expressionOf(pattern: string): RegExp {
  try {
    return anchoredExpression(pattern);
  } catch {
    throw new EvaluationError(`invalid regular expression in label_replace(): ${pattern}`);
  }
}

function requireLabelName(name: string): void {
  if (name === '') throw new EvaluationError('invalid label name: it is empty');
}

function withLabel(labels: Labels, label: string, value: string): Labels {
  const changed = new Map(labels);
  if (value === '') changed.delete(label);
  else changed.set(label, value);
  return changed;
}

/** `$name` takes the longest name it can; a group that does not exist is empty. */
function expand(template: string, match: RegExpExecArray): string {
  return template.replaceAll(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
    if (whole === '$$') return '$';
    const name = braced ?? bare ?? '';
    return (/^\d+$/.test(name) ? match[Number(name)] : match.groups?.[name]) ?? '';
  });
}
