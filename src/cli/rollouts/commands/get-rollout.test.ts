/** `get rollout` and `get experiment` on a cluster in memory: what they read, print and draw again. */
import { describe, expect, it, vi } from 'vitest';
import { pods, replicaSets, rollouts } from '#cluster/resource.ts';
import { testCluster, type TestCluster } from '../test-cluster.ts';

const clear = '\u001B[H\u001B[2J\u001B[0;0H';

function withRollout(): TestCluster {
  const cluster = testCluster();
  const rollout = cluster.add(rollouts, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas: 1, strategy: { canary: {} } },
    status: { phase: 'Healthy', observedGeneration: '1', replicas: 1, updatedReplicas: 1, stableRS: 'abc' },
  });
  const owner = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web', uid: rollout.metadata.uid ?? '' };
  const labels = { app: 'web', 'rollouts-pod-template-hash': 'abc' };
  cluster.add(replicaSets, {
    metadata: {
      name: 'web-abc',
      namespace: 'default',
      labels,
      annotations: { 'rollout.argoproj.io/revision': '1' },
      ownerReferences: [owner],
    },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
    },
  });
  return cluster;
}

const picture = [
  'Name:            web',
  'Namespace:       default',
  'Status:          ✔ Healthy',
  'Strategy:        Canary',
  '  Step:          ',
  '  SetWeight:     100',
  '  ActualWeight:  100',
  'Replicas:',
  '  Desired:       1',
  '  Current:       1',
  '  Updated:       1',
  '  Ready:         0',
  '  Available:     0',
  '',
  'NAME             KIND        STATUS         AGE  INFO',
  '⟳ web            Rollout     ✔ Healthy      0s   ',
  '└──# revision:1                                  ',
  '   └──⧉ web-abc  ReplicaSet  ◌ Progressing  0s   stable',
  '',
].join('\n');

/** Modules are loaded in real time. */
const firstPicture = (printed: { readonly out: string }): Promise<void> =>
  vi.waitFor(() => expect(printed.out).not.toBe(''));

describe('get rollout', () => {
  it('prints the tree of a Rollout in the cluster', async () => {
    const { code, out, err } = await withRollout().run('get', 'ro', 'web', '--no-color');
    expect([code, err]).toEqual([0, '']);
    expect(out).toBe(picture);
  });

  it('[cli-15] says in the singular what it has not found', async () => {
    const missing = { code: 1, out: '' };
    const cluster = testCluster();
    expect(await cluster.run('get', 'rollout', 'x')).toEqual({
      ...missing,
      err: 'Error: rollout.argoproj.io "x" not found\n',
    });
    expect(await cluster.run('get', 'experiment', 'x')).toEqual({
      ...missing,
      err: 'Error: experiment.argoproj.io "x" not found\n',
    });
  });

  it('shows the usage without a name, and with two', async () => {
    for (const names of [[], ['a', 'b']]) {
      const { code, out, err } = await testCluster().run('get', 'rollout', ...names);
      expect([code, out]).toEqual([1, '']);
      expect(err).toMatch(
        /^Usage:\n {2}kubectl-argo-rollouts get rollout ROLLOUT_NAME \[flags\]\n\nAliases:\n {2}rollout, ro, rollouts\n/,
      );
    }
  });

  it('[cli-14] paints unless the terminal is a dumb one', async () => {
    const { out } = await withRollout().run('get', 'rollout', 'web');
    expect(out).toContain('Status:          \u001B[32m✔\u001B[0m Healthy\n');
    expect(out).toContain('⧉ \u001B[32mweb-abc\u001B[0m');
  });

  it('[cli-32] draws again every second and on a change, never twice within 200 ms, and ends with the time', async () => {
    const cluster = withRollout();
    const { printed, ended } = cluster.start('get', 'rollout', 'web', '-w', '--timeout-seconds', '2', '--no-color');
    await firstPicture(printed);
    expect(printed.out.split(clear)).toHaveLength(2);
    await cluster.clock.run(1_500);
    expect(printed.out.split(clear)).toHaveLength(3);
    for (const phase of ['Paused', 'Progressing']) cluster.status(rollouts, 'web', { phase, observedGeneration: '1' });
    await cluster.clock.run(1_650);
    expect(printed.out.split(clear)).toHaveLength(4);
    await cluster.clock.run(1_750);
    expect(printed.out.split(clear)).toHaveLength(5);
    expect(printed.out.split(clear).at(-1)).toContain('Status:          ◌ Progressing\n');
    await cluster.clock.run(2_100);
    expect(await ended).toMatchObject({ code: 0, err: '' });
  });

  it('keeps the last picture when the Rollout goes away', async () => {
    const cluster = withRollout();
    const running = cluster.start('get', 'rollout', 'web', '-w');
    const { printed } = running;
    await firstPicture(printed);
    await cluster.clock.run(500);
    cluster.server.objects.delete(rollouts, { namespace: 'default', name: 'web' });
    await cluster.clock.run(2_500);
    expect(printed.err).toBe('Warning: rollout.argoproj.io "web" not found\n');
    expect(printed.out.split(clear).length).toBeGreaterThan(3);
    running.stop();
    expect((await running.ended).code).toBe(0);
  });

  it('ends without a word when it is interrupted before it has anything to show', async () => {
    const cluster = withRollout();
    const running = cluster.start('get', 'rollout', 'web');
    running.stop();
    expect(await running.ended).toEqual({ code: 130, out: '', err: '' });
  });

  it('needs no right to look at kinds that the cluster does not serve', async () => {
    const cluster = withRollout();
    cluster.server.intercept(({ path }) =>
      path.endsWith('/experiments') ? { status: 404, body: '404 page not found' } : undefined,
    );
    expect((await cluster.run('get', 'rollout', 'web')).code).toBe(0);
  });

  it('fails with the words of the API server when something may not be read', async () => {
    const cluster = withRollout();
    const message =
      'pods is forbidden: User "u" cannot list resource "pods" in API group "" in the namespace "default"';
    cluster.server.intercept(({ path }) =>
      path.endsWith('/pods')
        ? { status: 403, body: { kind: 'Status', status: 'Failure', code: 403, reason: 'Forbidden', message } }
        : undefined,
    );
    expect(await cluster.run('get', 'rollout', 'web')).toEqual({ code: 1, out: '', err: `Error: ${message}\n` });
    expect(cluster.server.objects.list(pods)).toEqual([]);
  });
});

describe('completion', () => {
  it('offers the Rollouts of the namespace, and nothing for a second argument', async () => {
    const cluster = withRollout();
    expect((await cluster.run('__complete', 'get', 'rollout', 'w')).out).toBe('web\n:4\n');
    expect((await cluster.run('__complete', 'get', 'rollout', '-n', 'other', 'w')).out).toBe(':4\n');
    expect((await cluster.run('__complete', 'get', 'rollout', 'web', '')).out).toBe(':4\n');
    cluster.server.intercept(() => ({ status: 500, body: {} }));
    expect((await cluster.run('__complete', 'get', 'rollout', 'w')).out).toBe(':1\n');
  });
});
