/** From the field that a message names to its place in a file: messages leave out parts of the path, and name fields that are missing. */
import { isRecord } from '#cluster/kube-object.ts';
import type { FieldPath } from './manifest-file.ts';

/** The path in `object` of a field such as `spec.strategy.steps[0].setWeight`, where the strategy's name is left out. */
export function pathOfField(object: unknown, field: string): FieldPath {
  const path: (string | number)[] = [];
  let value = object;
  for (const part of partsOf(field)) {
    if (path.join('.') === 'spec.strategy' && memberOf(value, part) === undefined) {
      const strategy = ['canary', 'blueGreen'].find((name) => memberOf(value, name) !== undefined);
      if (strategy === undefined) break;
      path.push(strategy);
      value = memberOf(value, strategy);
      // `spec.strategy.strategy` means the strategy itself.
      if (part === 'strategy') break;
    }
    path.push(part);
    value = memberOf(value, part);
  }
  return path;
}

/** `a.b[0]["c.d"]` in its parts. */
function partsOf(field: string): readonly (string | number)[] {
  return [...field.matchAll(/\[(\d+)\]|\["?([^"\]]*)"?\]|([^.[\]]+)/g)].map(([, index, key, name]) =>
    index === undefined ? (key ?? name ?? '') : Number(index),
  );
}

function memberOf(value: unknown, part: string | number): unknown {
  if (Array.isArray(value)) return value[Number(part)];
  return isRecord(value) ? value[String(part)] : undefined;
}
