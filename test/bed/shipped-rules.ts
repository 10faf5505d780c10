/** The cluster-wide rules of `deploy/`, for a user of the bed instead of the service account. */
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '#api/kubernetes.ts';

export function shippedRules(user: string): KubeObject[] {
  const text = readFileSync(new URL('../../deploy/controller/rbac.yaml', import.meta.url), 'utf8');
  const objects = parseAllDocuments(text).map((document) => document.toJS() as KubeObject); // of our own manifest
  const subjects = [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: user }];
  return objects
    .filter(({ kind }) => kind.startsWith('Cluster'))
    .map((object) => (object.kind === 'ClusterRoleBinding' ? { ...object, subjects } : object));
}
