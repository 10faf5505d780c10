/** The border between parsed JSON and the types of Kubernetes objects. */
import type { KubeObject, ObjectMeta, Resource } from '#api/kubernetes.ts';
import { apiVersionOf } from './resource.ts';

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for whatever has a name: nothing else of an object is relied upon. */
export function isObjectMeta(value: unknown): value is ObjectMeta {
  return isRecord(value) && typeof value['name'] === 'string';
}

/** A whole object of `resource`; the API server leaves apiVersion and kind out of the items of its built-in lists. */
export function kubeObjectOf(resource: Resource, value: unknown): KubeObject | undefined {
  if (!isRecord(value) || !isObjectMeta(value['metadata'])) return undefined;
  return { ...value, apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: value['metadata'] };
}

/** `metadata.resourceVersion` of an object, a list or a bookmark. */
export function versionOf(value: unknown): string | undefined {
  const metadata = isRecord(value) ? value['metadata'] : undefined;
  const version = isRecord(metadata) ? metadata['resourceVersion'] : undefined;
  return typeof version === 'string' && version !== '' ? version : undefined;
}
