/** The kinds of `argoproj.io` that manifests may hold. */
import { crdSources } from '#api/crds.ts';
import { structuralSchema, type StructuralSchema } from '#api/crd.ts';
import type { Resource } from '#api/kubernetes.ts';
import { isRecord } from '#cluster/kube-object.ts';

export interface ArgoKind {
  readonly resource: Resource;
  readonly schema: StructuralSchema;
}

/** Made at most once each: it takes some milliseconds. */
const known = new Map<string, ArgoKind>();

/** `undefined` for objects of other groups, and for kinds that the group does not have. */
export function argoKindOf(object: unknown): ArgoKind | undefined {
  const { group, kind } = groupKindOf(object);
  if (group !== 'argoproj.io') return undefined;
  const found = known.get(kind);
  if (found !== undefined) return found;
  const source = crdSources.find(({ resource }) => resource.group === group && resource.kind === kind);
  if (source === undefined) return undefined;
  const made = { resource: source.resource, schema: structuralSchema(source.schema) };
  known.set(kind, made);
  return made;
}

/** Empty texts where the object does not say. */
export function groupKindOf(object: unknown): { readonly group: string; readonly kind: string } {
  const { apiVersion, kind } = isRecord(object) ? object : {};
  const version = typeof apiVersion === 'string' ? apiVersion : '';
  return {
    group: version.includes('/') ? version.slice(0, version.indexOf('/')) : '',
    kind: typeof kind === 'string' ? kind : '',
  };
}
