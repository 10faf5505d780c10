/** `fieldRef`: a field of the Rollout as the value of an argument. */
import type { Rollout } from '#api/rollout.ts';
import { floatText } from '#engine/analysis/expression/values.ts';
import { PassFailed } from '../effects.ts';

/** Throws `PassFailed` for a path that leads nowhere, or to more than one value. */
export function fieldOf(rollout: Rollout, path: string): string {
  return path.startsWith('metadata') ? metadataField(rollout, path) : specField(rollout, path);
}

/** As the downward API of pods: `metadata.name`, `metadata.labels['key']`. */
function metadataField({ metadata }: Rollout, path: string): string {
  const [, map, key] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? [];
  if (map !== undefined && key !== undefined) return metadata[map === 'labels' ? 'labels' : 'annotations']?.[key] ?? '';
  switch (path) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid ?? '';
    default:
      throw new PassFailed(`Analyses arguments must refer to valid object metadata supported by downwardAPI`);
  }
}

function specField(rollout: Rollout, path: string): string {
  const missing = new PassFailed(`invalid path ${path} in rollout`);
  let value: unknown = rollout;
  for (const segment of path.split(/[.[\]]/).filter((part) => part !== '')) {
    if (Array.isArray(value)) value = value[indexIn(value, segment)];
    else if (typeof value === 'object' && value !== null) value = new Map(Object.entries(value)).get(segment);
    else throw missing;
    if (value === undefined || value === null) throw missing;
  }
  if (typeof value === 'object') throw new PassFailed(`path ${path} in rollout must terminate in a primitive value`);
  if (typeof value === 'number') return floatText(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function indexIn(list: readonly unknown[], segment: string): number {
  if (!/^\d+$/.test(segment)) throw new PassFailed(`invalid index '${segment}'`);
  const index = Number(segment);
  if (index >= list.length) throw new PassFailed(`index ${index} out of range`);
  return index;
}
