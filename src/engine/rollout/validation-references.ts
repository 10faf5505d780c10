import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { Rollout } from '#api/rollout.ts';
export interface References {
  service(name: string): KubeObject | undefined;
  ingress(name: string): KubeObject | undefined;
  analysisTemplate(name: string): KubeObject | undefined;
  clusterAnalysisTemplate(name: string): KubeObject | undefined;
  object(resource: Resource, name: string, namespace?: string): KubeObject | undefined;
}
export function validateReferences(_rollout: Rollout, _references: References): string | undefined {
  return undefined;
}
