/** The published walk-throughs of Rollouts that have no traffic, on a real control plane: `get rollout --watch` prints what it printed there, in the same order. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { customResourceDefinitions } from '#api/crds.ts';
import { deployments, services } from '#cluster/resource.ts';
import { type Bed, startBed } from '../bed/bed.ts';
import type { ImageProgram } from '../bed/pod-process.ts';
import { sampleApp } from '../bed/sample-app.ts';
import { shippedRules } from '../bed/shipped-rules.ts';
import { dig } from '../conformance/json.ts';
import { expectInOrder, manifestsOf, withImage } from '../conformance/walkthrough-pages.ts';
import { type LiveRollout, liveRollout } from '../e2e/live-rollout.ts';

/** Starts as late as a real one: the states in which its pods are waited for can be seen. */
const unhurried: ImageProgram = (asked) => {
  const { command, args, ...rest } = sampleApp({ ...asked, container: { ...asked.container, args: [] } });
  return { command: 'sh', args: ['-c', 'sleep 1 && exec "$@"', 'sh', command, ...args], ...rest };
};

// Together they take no longer than the two pauses of a minute of one of them.
describe.concurrent('walk-throughs of Rollouts', () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await startBed({ images: { nginx: unhurried } });
    await bed.applyManifest([...customResourceDefinitions, ...shippedRules('serin-deployed')]);
    bed.startSerin(['controller', 'argo-rollouts', '--leader-elect=false'], { user: 'serin-deployed' });
  });
  afterAll(() => bed?.stop());

  const open = async (namespace: string, name: string): Promise<LiveRollout> => {
    await bed.createNamespace(namespace);
    return liveRollout(bed, namespace, name);
  };
  const hashOf = async (shop: LiveRollout, service: string): Promise<unknown> =>
    dig(await shop.get(services, service), 'spec', 'selector', 'rollouts-pod-template-hash');

  it('[rollout-1] [rollout-2] [rollout-3] takes a Deployment over, waits for a promotion and switches', async () => {
    const manifests = manifestsOf('workload-blue-green.yaml');
    const shop = await open('taken', 'rollout-bluegreen');
    await shop.apply(...manifests.slice(0, 2));
    await bed.waitForObject(
      deployments,
      { namespace: 'taken', name: 'web' },
      (object) => dig(object, 'status', 'availableReplicas') === 2,
    );
    await shop.apply(...manifests.slice(2));
    await shop.sees('000-1116');
    await bed.waitForObject(
      deployments,
      { namespace: 'taken', name: 'web' },
      (object) => dig(object, 'spec', 'replicas') === 0,
    );
    const stable = await hashOf(shop, 'web');

    await shop.apply(withImage(manifests, 'Deployment', 'hello:1.23.2'));
    await shop.sees('000-1177');
    expect(await hashOf(shop, 'web')).toBe(stable);
    expect(await shop.plugin('promote rollout-bluegreen')).toBe("rollout 'rollout-bluegreen' promoted\n");
    await shop.sees('000-1215');
    const promoted = String(await hashOf(shop, 'web'));
    expect(promoted).not.toBe(stable);
    expect(await shop.told()).toContain(
      `Rollout completed update to revision 2 (${promoted}): Completed blue-green update`,
    );
    expectInOrder(shop.history(), [
      'Healthy (2,2,2,2,2)',
      'Paused BlueGreenPause (2,4,2,2,2)',
      'Healthy (2,4,2,2,2)',
      'Healthy (2,2,2,2,2)',
    ]);
  });

  it('[rollout-15] goes through a canary without a router step by step, and waits a minute at each', async () => {
    const manifests = manifestsOf('replica-canary.yaml');
    const shop = await open('steps', 'rollout-test-canary-nginx');
    await shop.apply(...manifests);
    await shop.sees('002-117');
    await shop.apply(withImage(manifests, 'Rollout', 'nginx:1.14.2'));
    await shop.sees('002-182');
    await shop.sees('002-249');
    await shop.sees('002-349');
    // Those that the page has besides last as long as the cluster takes to count pods: no run prints all of them.
    expectInOrder(shop.history(), [
      'Healthy (5,5,5,5,5) step 4',
      'Progressing more replicas need to be updated (5,5,1,4,4) step 0',
      'Paused CanaryPauseStep (5,5,1,5,5) step 1',
      'Paused CanaryPauseStep (5,5,4,5,5) step 3',
      'Progressing updated replicas are still becoming available (5,5,5,4,4) step 4',
      'Healthy (5,5,5,5,5) step 4',
    ]);
    expect(await shop.told()).toContainEqual(expect.stringContaining('Completed all 4 canary steps'));
  });

  it('[rollout-7] [rollout-8] waits for Services that come late, and promotes by itself', async () => {
    const manifests = manifestsOf('late-services-blue-green.yaml');
    const shop = await open('late', 'rollout-test-bluegreen-nginx');
    await shop.apply(...manifests.slice(0, 1));
    await shop.sees('002-503');
    await shop.apply(...manifests.slice(1));
    await shop.sees('002-523');
    await shop.apply(withImage(manifests, 'Rollout', 'nginx:1.14.2'));
    await shop.sees('002-597');
    await shop.sees('002-727');
    const active = await hashOf(shop, 'rollout-test-bluegreen-active');
    expect(await hashOf(shop, 'rollout-test-bluegreen-preview')).toBe(active);
    expectInOrder(shop.history(), [
      'Healthy (5,5,5,5,5)',
      'Progressing active service cutover pending (5,10,5,5,5)',
      'Healthy (5,10,5,5,5)',
      'Healthy (5,5,5,5,5)',
    ]);
  });
});
