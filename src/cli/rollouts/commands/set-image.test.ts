/** `set image`: which containers it changes in which object, and how it gets past others who write at the same time. */
import { describe, expect, it } from 'vitest';
import type { Resource } from '#api/kubernetes.ts';
import { deployments, replicaSets, rollouts } from '#cluster/resource.ts';
import { testCluster, type TestCluster } from '../test-cluster.ts';

type Fields = Readonly<Record<string, unknown>>;

const template = {
  metadata: { labels: { app: 'w' } },
  spec: {
    initContainers: [{ name: 'setup', image: 'old' }],
    containers: [
      { name: 'www', image: 'old', env: [{ name: 'A', value: 'b' }] },
      { name: 'side', image: 'old' },
    ],
    ephemeralContainers: [{ name: 'debug', image: 'old' }],
  },
};
const selector = { matchLabels: { app: 'w' } };

function withRollout(spec: Fields = { template, aFieldOfTomorrow: 1 }): TestCluster {
  const cluster = testCluster();
  cluster.add(rollouts, { metadata: { name: 'guestbook', namespace: 'default' }, spec });
  return cluster;
}

function imagesIn(cluster: TestCluster, resource: Resource, name: string): Readonly<Record<string, unknown>> {
  const found = cluster.server.objects.get(resource, { namespace: 'default', name });
  if (found === undefined) throw new Error(`There is no ${resource.kind} "${name}"`);
  // As it was added, but for the images.
  const { spec } = (found['spec'] as { template: typeof template }).template;
  const all = [spec.initContainers, spec.containers, spec.ephemeralContainers].flatMap((list) => list ?? []);
  return Object.fromEntries(all.map((one) => [one.name, one.image]));
}

const set = (cluster: TestCluster, ...pairs: string[]) => cluster.run('set', 'image', 'guestbook', ...pairs);
const updated = { code: 0, out: 'rollout "guestbook" image updated\n', err: '' };

describe('set image', () => {
  it('[cli-27] changes one container and nothing else', async () => {
    const cluster = withRollout();
    expect(await set(cluster, 'www=new:1@sha256:abc')).toEqual(updated);
    expect(cluster.writes.map(({ line }) => line)).toEqual([
      'PUT /apis/argoproj.io/v1alpha1/namespaces/default/rollouts/guestbook',
    ]);
    const { containers, ...pod } = template.spec;
    const [www, side] = containers;
    expect(cluster.writes[0]?.body).toMatchObject({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      spec: {
        aFieldOfTomorrow: 1,
        template: { spec: { ...pod, containers: [{ ...www, image: 'new:1@sha256:abc' }, side] } },
      },
    });
  });

  it('[cli-27] changes all containers of all kinds', async () => {
    const cluster = withRollout();
    expect(await set(cluster, '*=new')).toEqual(updated);
    expect(imagesIn(cluster, rollouts, 'guestbook')).toEqual({ setup: 'new', www: 'new', side: 'new', debug: 'new' });
  });

  it('changes several at once', async () => {
    const cluster = withRollout();
    expect(await set(cluster, 'www=new', 'side=newer')).toEqual(updated);
    expect(imagesIn(cluster, rollouts, 'guestbook')).toMatchObject({ setup: 'old', www: 'new', side: 'newer' });
  });

  it('[cli-27] fails for a container that is not there, and writes nothing', async () => {
    const cluster = withRollout();
    expect(await set(cluster, 'www=new', 'c=new')).toEqual({
      code: 1,
      out: '',
      err: 'Error: unable to find container named "c"\n',
    });
    expect((await set(withRollout({}), '*=new')).err).toBe('Error: unable to find container named "*"\n');
    expect(cluster.writes).toEqual([]);
  });

  it.each([['www'], ['a=b=c']])('[cli-16] shows its usage for %s', async (pair) => {
    const { code, out, err } = await set(withRollout(), pair);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^Usage:\n {2}kubectl-argo-rollouts set image ROLLOUT_NAME CONTAINER=IMAGE \[flags\]\n/);
    expect(err).not.toContain('Error:');
  });

  it('[cli-15] says in the plural what it has not found', async () => {
    expect((await testCluster().run('set', 'image', 'x', 'a=b')).err).toBe(
      'Error: rollouts.argoproj.io "x" not found\n',
    );
  });

  it.each([
    [1, updated],
    [4, updated],
    [5, { code: 1, out: '', err: 'Error: somebody was faster\n' }],
  ])('[cli-27] reads the object again after a conflict: %i times in a row', async (conflicts, printed) => {
    const cluster = withRollout();
    const seen = { reads: 0, writes: 0 };
    cluster.server.intercept((request) => {
      seen.reads += request.method === 'GET' ? 1 : 0;
      seen.writes += request.method === 'PUT' ? 1 : 0;
      const isRefused = request.method === 'PUT' && seen.writes <= conflicts;
      const body = { kind: 'Status', reason: 'Conflict', message: 'somebody was faster' };
      return isRefused ? { status: 409, body } : undefined;
    });
    expect(await set(cluster, 'www=new')).toEqual(printed);
    expect(seen).toEqual({ reads: Math.min(conflicts + 1, 5), writes: Math.min(conflicts + 1, 5) });
  });

  it.each([
    ['Deployment', deployments, 'deployment'],
    [undefined, deployments, 'deployment'],
    ['ReplicaSet', replicaSets, 'replicaset'],
  ])('[cli-27] changes what the rollout refers to: %s', async (kind, resource, told) => {
    const workloadRef = { name: 'w', ...(kind === undefined ? {} : { kind }) };
    const cluster = withRollout({ workloadRef });
    cluster.add(resource, { metadata: { name: 'w', namespace: 'default' }, spec: { selector, template } });
    expect(await set(cluster, 'www=new')).toEqual({ code: 0, out: `${told} "w" image updated\n`, err: '' });
    expect(imagesIn(cluster, resource, 'w')).toMatchObject({ setup: 'old', www: 'new', side: 'old' });
  });

  it('[cli-27] fails when that is missing', async () => {
    const cluster = withRollout({ workloadRef: { kind: 'Deployment', name: 'w' } });
    expect((await set(cluster, 'www=new')).err).toBe('Error: deployments.apps "w" not found\n');
  });
});
