/** The objects of some manifests by what others call them: their kind and their name. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { References } from '#engine/rollout/validation/references.ts';
import { groupKindOf } from './argo-kinds.ts';

export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

export interface NamedObjects {
  /** One of the namespace if there is one, else any: manifests often leave their namespace to who applies them. */
  find(kind: GroupKind, name: string, namespace: string | undefined): KubeObject | undefined;
  readonly services: readonly KubeObject[];
  /** What a Rollout of the namespace can name. */
  referencesIn(namespace: string | undefined): References;
}

export function objectsByName(objects: readonly KubeObject[]): NamedObjects {
  const find: NamedObjects['find'] = (wanted, name, namespace) => {
    const named = objects.filter((object) => {
      const { group, kind } = groupKindOf(object);
      return group === wanted.group && kind === wanted.kind && object.metadata.name === name;
    });
    return named.find(({ metadata }) => metadata.namespace === namespace) ?? named[0];
  };
  const ingress = (name: string, namespace: string | undefined): KubeObject | undefined =>
    find({ group: 'networking.k8s.io', kind: 'Ingress' }, name, namespace) ??
    find({ group: 'extensions', kind: 'Ingress' }, name, namespace);
  const argo = (kind: string): GroupKind => ({ group: 'argoproj.io', kind });
  return {
    find,
    services: objects.filter((object) => object.kind === 'Service' && groupKindOf(object).group === ''),
    referencesIn: (namespace) => ({
      service: (name) => find({ group: '', kind: 'Service' }, name, namespace),
      ingress: (name) => ingress(name, namespace),
      analysisTemplate: (name) => find(argo('AnalysisTemplate'), name, namespace),
      clusterAnalysisTemplate: (name) => find(argo('ClusterAnalysisTemplate'), name, undefined),
      object: (resource, name, inNamespace) => find(resource, name, inNamespace ?? namespace),
    }),
  };
}
