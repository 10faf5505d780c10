/** The border between plain JSON and objects: what passes has the parts that every object has. */
import type { KubeObject } from '#api/kubernetes.ts';
import { isMap, type Json } from './json.ts';
import { refusals } from './status-error.ts';

/** Names are the writer's business: one may still have to be generated. */
export function asObject(value: Json): KubeObject {
  if (isObject(value)) return value;
  throw refusals.badRequest("Object 'Kind' is missing or metadata is not an object");
}

function isObject(value: Json): value is KubeObject {
  return typeof value['apiVersion'] === 'string' && typeof value['kind'] === 'string' && isMap(value['metadata']);
}
