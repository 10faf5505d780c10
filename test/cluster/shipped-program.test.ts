/** The program as the image ships it, with its libraries cut to what is used: it works on a real API server as the sources do. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { customResourceDefinitions } from '#api/crds.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { rollouts } from '#cluster/resource.ts';
import { bundle } from '../../deploy/bundle.ts';
import { type Bed, startBed } from '../bed/bed.ts';
import type { Child } from '../bed/children.ts';

const rollout = (image: string): KubeObject => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } },
    strategy: { canary: {} },
  },
});

describe('the shipped program', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'serin-shipped-'));
  let bed: Bed;
  let serin: Child;

  beforeAll(async () => {
    bed = await startBed();
    await bed.applyManifest(customResourceDefinitions);
    const program = await bundle(path.join(folder, 'serin'));
    const flags = [`--kubeconfig=${bed.kubeconfigOf('serin')}`, '--leader-elect=false'];
    serin = bed.children.start('shipped', process.execPath, [program, 'controller', 'argo-rollouts', ...flags]);
  });
  afterAll(async () => {
    await bed?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const delivered = (revision: string): Promise<KubeObject> =>
    bed.waitForObject(rollouts, { namespace: 'default', name: 'web' }, ({ metadata, status }) => {
      const { phase } = (status ?? {}) as { phase?: string }; // of a Rollout
      return phase === 'Healthy' && metadata.annotations?.['rollout.argoproj.io/revision'] === revision;
    });

  it('follows what happens in the cluster', async () => {
    await bed.applyManifest([rollout('example/web:1')]);
    await delivered('1');
    await bed.applyManifest([rollout('example/web:2')]);
    await delivered('2');
    expect(serin.output()).not.toContain('watch-refused');
  });
});
