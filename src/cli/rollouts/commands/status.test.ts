/** `status`: what it prints of each state, when it ends, and with which exit code. */
import { describe, expect, it, vi } from 'vitest';
import { rollouts } from '#cluster/resource.ts';
import { testCluster, type TestCluster } from '../test-cluster.ts';

function withStatus(status: Readonly<Record<string, unknown>>, metadata: { generation?: number } = {}): TestCluster {
  const cluster = testCluster();
  cluster.add(rollouts, {
    metadata: { name: 'web', namespace: 'default', ...metadata },
    spec: { replicas: 1, strategy: { blueGreen: { activeService: 'web' } } },
    status: { observedGeneration: '1', ...status },
  });
  return cluster;
}

const paused = { phase: 'Paused', message: 'BlueGreenPause', pauseConditions: [{ reason: 'BlueGreenPause' }] };
const aborted = { phase: 'Degraded', message: 'RolloutAborted: Rollout aborted update to revision 2' };
const degradedError = `Error: The rollout is in a degraded state with message: ${aborted.message}\n`;

const begun = (printed: { readonly out: string }): Promise<void> => vi.waitFor(() => expect(printed.out).not.toBe(''));

describe('status', () => {
  it('[cli-23] tells the state once when it shall not wait', async () => {
    const once = (status: object) => withStatus({ ...status }).run('status', 'web', '--watch=false');
    expect(await once(paused)).toEqual({ code: 0, out: 'Paused - BlueGreenPause\n', err: '' });
    expect(await once({ phase: 'Progressing' })).toEqual({ code: 0, out: 'Progressing - \n', err: '' });
    expect(await once({ phase: 'Healthy' })).toEqual({ code: 0, out: 'Healthy\n', err: '' });
    expect(await once(aborted)).toEqual({ code: 1, out: 'Degraded\n', err: degradedError });
  });

  it('[cli-23] ends at once with what is over', async () => {
    expect(await withStatus({ phase: 'Healthy' }).run('status', 'web')).toEqual({ code: 0, out: 'Healthy\n', err: '' });
    expect(await withStatus(aborted).run('status', 'web')).toEqual({
      code: 1,
      out: `Degraded - ${aborted.message}\n`,
      err: degradedError,
    });
  });

  it('[cli-23] gives up after the time that it was given', async () => {
    const cluster = withStatus(paused);
    const { printed, ended } = cluster.start('status', 'web', '--timeout=1s');
    await begun(printed);
    const timedOut = {
      code: 1,
      out: 'Paused - BlueGreenPause\n',
      err: 'Error: Rollout status watch exceeded timeout\n',
    };
    await cluster.clock.run(999);
    expect(printed.err).toBe('');
    await cluster.clock.run(1_001);
    expect(await ended).toEqual(timedOut);
  });

  it('[cli-23] prints each state once and ends when it is healthy', async () => {
    const cluster = withStatus({ phase: 'Progressing', message: 'more replicas need to be updated' });
    const { printed, ended } = cluster.start('status', 'web');
    await begun(printed);
    await cluster.clock.run(100);
    for (const [index, phase] of ['Paused', 'Paused', 'Healthy'].entries()) {
      cluster.status(rollouts, 'web', { observedGeneration: '1', phase, readyReplicas: index });
      await cluster.clock.run(1_000 * (index + 1));
    }
    expect(await ended).toEqual({
      code: 0,
      out: 'Progressing - more replicas need to be updated\nPaused\nHealthy\n',
      err: '',
    });
  });

  it('ends with an error when it is interrupted', async () => {
    const running = withStatus(paused).start('status', 'web');
    await begun(running.printed);
    running.stop();
    expect((await running.ended).err).toBe('Error: Rollout status watch exceeded timeout\n');
  });

  it('[cli-24] does not trust a status that speaks of an older spec', async () => {
    const cluster = withStatus({ phase: 'Healthy', observedGeneration: '0' });
    expect((await cluster.run('status', 'web', '-w=false')).out).toBe(
      'Progressing - waiting for rollout spec update to be observed\n',
    );
  });

  it('[cli-15] says in the singular what it has not found', async () => {
    expect(await testCluster().run('status', 'x')).toEqual({
      code: 1,
      out: '',
      err: 'Error: rollout.argoproj.io "x" not found\n',
    });
  });

  it('fails when the Deployment is missing that the pods are taken from', async () => {
    const cluster = testCluster();
    cluster.add(rollouts, {
      metadata: { name: 'web', namespace: 'default' },
      spec: { workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'gone' } },
    });
    expect((await cluster.run('status', 'web', '-w=false')).err).toBe('Error: deployment.apps "gone" not found\n');
  });

  it('wants a unit behind the time', async () => {
    expect((await testCluster().run('status', 'x', '-t', '60')).err).toBe(
      'Error: invalid argument "60" for "-t, --timeout" flag: time: missing unit in duration "60"\n',
    );
  });
});
