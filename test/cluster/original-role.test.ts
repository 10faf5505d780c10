/** Where Argo Rollouts was replaced and its role stayed: it may update some kinds, first of all Leases, and not patch them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { customResourceDefinitions } from '#api/crds.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { deployments, pods, rollouts } from '#cluster/resource.ts';
import { type Bed, startBed } from '../bed/bed.ts';
import type { Child } from '../bed/children.ts';
import { manifestTexts } from '../bed/programs.ts';
import { workload } from '../bed/workload.ts';

const binding: KubeObject = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'argo-rollouts' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'argo-rollouts' },
  subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'serin-deployed' }],
};

const rollout: KubeObject = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    replicas: 1,
    workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', scaleDown: 'onsuccess' },
    strategy: { canary: { stableMetadata: { labels: { role: 'stable' } } } },
  },
};

describe("the original's role", () => {
  let bed: Bed;
  let serin: Child;

  beforeAll(async () => {
    bed = await startBed();
    await bed.applyManifest(customResourceDefinitions);
    for (const text of manifestTexts('argo-rollouts-role')) await bed.applyManifest(text);
    await bed.applyManifest([binding]);
    for (const name of ['argo-rollouts', 'shop']) await bed.createNamespace(name);
    serin = bed.startSerin(['controller', 'argo-rollouts'], { user: 'serin-deployed' });
  });
  afterAll(() => bed?.stop());

  it('is enough to lead, to take a Deployment over and to label its pods', async () => {
    await bed.applyManifest([workload({ namespace: 'shop', name: 'web', image: 'example/web:1' }), rollout]);
    const ref = { namespace: 'shop', name: 'web' };
    const isHealthy = ({ status }: KubeObject): boolean =>
      (status as { phase?: string } | undefined)?.phase === 'Healthy'; // of a Rollout
    await bed.waitForObject(rollouts, ref, isHealthy, 60_000);
    await bed.waitForObject(
      deployments,
      ref,
      ({ spec }) => (spec as { replicas?: number }).replicas === 0, // of a Deployment
      30_000,
    );
    await bed.waitFor('labelled pods', async () =>
      (await bed.list(pods, 'shop')).some(({ metadata }) => metadata.labels?.['role'] === 'stable'),
    );
    expect(serin.output()).not.toContain('"level":"error"');
  });
});
