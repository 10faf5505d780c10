/** `list rollouts` and `list experiments`: their columns, what is printed of nothing, and what `--watch` prints. */
import { describe, expect, it, vi } from 'vitest';
import { experiments, rollouts } from '#cluster/resource.ts';
import { testCluster, type TestCluster } from '../test-cluster.ts';

const steps = [{ setWeight: 10 }, { pause: {} }, { setWeight: 50 }];

function addCanary(cluster: TestCluster, name: string, namespace = 'default'): void {
  cluster.add(rollouts, {
    metadata: { name, namespace },
    spec: { replicas: 5, strategy: { canary: { steps } } },
    status: {
      phase: 'Progressing',
      observedGeneration: '1',
      currentStepIndex: 1,
      replicas: 4,
      readyReplicas: 1,
      updatedReplicas: 3,
      availableReplicas: 2,
    },
  });
}

describe('list rollouts', () => {
  it('prints what the walk-through 001 shows', async () => {
    const cluster = testCluster();
    cluster.add(rollouts, {
      metadata: { name: 'bluegreen-rollout', namespace: 'default' },
      spec: { replicas: 2, strategy: { blueGreen: {} } },
      status: {
        phase: 'Healthy',
        observedGeneration: '1',
        replicas: 2,
        readyReplicas: 2,
        updatedReplicas: 2,
        availableReplicas: 2,
      },
    });
    expect(await cluster.run('list', 'rollouts')).toEqual({
      code: 0,
      out: `NAME               STRATEGY   STATUS        STEP  SET-WEIGHT  READY  DESIRED  UP-TO-DATE  AVAILABLE
bluegreen-rollout  BlueGreen  Healthy       -     -           2/2    2        2           2        ${''}
`,
      err: '',
    });
  });

  it('[cli-25] prints times and namespaces where they are wanted', async () => {
    const cluster = testCluster();
    addCanary(cluster, 'one');
    addCanary(cluster, 'two', 'kube-system');
    const { out } = await cluster.run('list', 'ro', '-A', '--timestamps');
    const [header, first, second] = out.split('\n');
    expect(header).toMatch(/^TIMESTAMP {13}NAMESPACE {4}NAME {8}STRATEGY {3}STATUS/);
    expect(first).toBe(
      '2026-01-01T00:00:00Z  default      one         Canary     Progressing   1/3   10          1/4    5        3           2        ',
    );
    expect(second).toContain('kube-system  two ');
  });

  it('[cli-25] says on stderr that there is nothing, and prints the headings alone when it watches', async () => {
    expect(await testCluster().run('list', 'rollouts')).toEqual({ code: 0, out: '', err: 'No resources found.\n' });
    const running = testCluster().start('list', 'rollouts', '-w');
    await vi.waitFor(() =>
      expect(running.printed.out).toBe(
        'NAME        STRATEGY   STATUS        STEP  SET-WEIGHT  READY  DESIRED  UP-TO-DATE  AVAILABLE\n',
      ),
    );
    running.stop();
    expect((await running.ended).code).toBe(0);
  });

  it('says what a cluster without Rollouts answers', async () => {
    const cluster = testCluster();
    cluster.server.intercept(() => ({ status: 404, body: '404 page not found\n' }));
    expect(await cluster.run('list', 'rollouts')).toEqual({
      code: 1,
      out: '',
      err: 'Error: the server could not find the requested resource (get rollouts.argoproj.io)\n',
    });
  });

  it('lists only the one that is named', async () => {
    const cluster = testCluster();
    addCanary(cluster, 'one');
    addCanary(cluster, 'two');
    expect((await cluster.run('list', 'rollouts', '--name', 'two')).out).not.toContain('one');
  });

  it('[cli-25] prints a line for a change that shows', async () => {
    const cluster = testCluster();
    addCanary(cluster, 'one');
    const running = cluster.start('list', 'rollouts', '--watch');
    await vi.waitFor(() => expect(running.printed.out).toContain('one'));
    await cluster.clock.run(100);
    cluster.status(rollouts, 'one', { phase: 'Healthy', observedGeneration: '1' });
    cluster.status(rollouts, 'one', { phase: 'Healthy', observedGeneration: '1', selector: 'app=one' });
    await cluster.clock.run(400);
    expect(running.printed.out.split('\n')).toHaveLength(3);
    await cluster.clock.run(1_000);
    expect(running.printed.out.split('\n').slice(2)).toEqual([
      'one         Canary     Healthy       -     10          0/0    5        0           0        ',
      '',
    ]);
    running.stop();
    await running.ended;
  });

  it('lists anew when the API server has forgotten where it was, and prints what has changed', async () => {
    const cluster = testCluster();
    addCanary(cluster, 'one');
    addCanary(cluster, 'two');
    const running = cluster.start('list', 'rollouts', '--watch');
    await vi.waitFor(() => expect(running.printed.out).toContain('two'));
    await cluster.clock.run(100);
    cluster.server.breakWatches();
    cluster.status(rollouts, 'two', { phase: 'Healthy', observedGeneration: '1' });
    cluster.server.compact();
    await cluster.clock.run(5_000);
    expect(running.printed.out.split('\n').slice(3)).toEqual([expect.stringMatching(/^two .* Healthy /), '']);
    running.stop();
    expect((await running.ended).code).toBe(0);
  });

  it('[cli-25] ends when the API server has refused the watch seven times', async () => {
    const cluster = testCluster();
    addCanary(cluster, 'one');
    const message = 'unable to decode an event from the watch stream';
    cluster.server.intercept(({ query }) =>
      query?.['watch'] === 'true'
        ? { status: 500, body: { kind: 'Status', status: 'Failure', code: 500, message } }
        : undefined,
    );
    const running = cluster.start('list', 'rollouts', '--watch');
    await vi.waitFor(() => expect(running.printed.err).toContain('Warning'));
    await cluster.clock.run(5_900);
    expect(running.printed.err.split('\n')).toHaveLength(7);
    await cluster.clock.run(6_100);
    expect(await running.ended).toMatchObject({
      code: 1,
      err: `${`Warning: ${message}\n`.repeat(6)}Error: ${message}\n`,
    });
  });
});

describe('list experiments', () => {
  it('[cli-26] prints how long they run and what is left of it', async () => {
    const cluster = testCluster();
    const startedAt = Date.UTC(2026, 0, 1);
    const add = (name: string, duration: object): void =>
      void cluster.add(experiments, {
        metadata: { name, namespace: 'default' },
        spec: duration,
        status: { phase: 'Running', availableAt: new Date(startedAt).toISOString() },
      });
    add('timed', { duration: '3h' });
    add('endless', {});
    await cluster.clock.run(3_600_000 + 1_000);
    expect(await cluster.run('list', 'experiments')).toEqual({
      code: 0,
      out: `NAME        STATUS   DURATION  REMAINING  AGE
endless     Running  -         -          60m
timed       Running  3h        119m       60m
`,
      err: '',
    });
    expect((await cluster.run('list', 'experiments', '--watch')).err).toBe('Error: unknown flag: --watch\n');
  });
});
