/** The objects that a Rollout names, for tests of its validation. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { rolloutWith } from './rollout-with.ts';
import { validateReferences, type References } from './references.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** What there is, by `Kind/name` or `Kind/namespace/name`. */
export type World = Readonly<Record<string, Fields>>;

export function referencesIn(world: World): References {
  const find = (key: string): KubeObject | undefined => {
    const fields = world[key];
    const name = key.slice(key.lastIndexOf('/') + 1);
    return fields && { apiVersion: 'v1', kind: '', ...fields, metadata: { name, ...metadataOf(fields) } };
  };
  return {
    service: (name) => find(`Service/${name}`),
    ingress: (name) => find(`Ingress/${name}`),
    analysisTemplate: (name) => find(`AnalysisTemplate/${name}`),
    clusterAnalysisTemplate: (name) => find(`ClusterAnalysisTemplate/${name}`),
    object: ({ kind, group }: Resource, name, namespace) =>
      find([group.startsWith('appmesh') ? `AppMesh${kind}` : kind, namespace, name].filter(Boolean).join('/')),
  };
}

const metadataOf = ({ metadata }: Fields): object =>
  typeof metadata === 'object' && metadata !== null ? metadata : {};

export const selecting = (selector: object = { app: 'web' }): Fields => ({ spec: { selector } });
export const services: World = { 'Service/c': selecting(), 'Service/s': selecting() };
export const withCanary = (canary: object) =>
  rolloutWith({ strategy: { canary: { canaryService: 'c', stableService: 's', ...canary } } });

export const problemOf = (canary: object, world: World): string | undefined =>
  validateReferences(withCanary(canary), referencesIn({ ...services, ...world }));

export const inCanary = 'spec.strategy.canary';
