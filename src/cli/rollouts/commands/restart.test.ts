/** `restart`: when the pods are to be replaced, and what is no duration. */
import { describe, expect, it } from 'vitest';
import { rollouts } from '#cluster/resource.ts';
import { testCluster, type TestCluster } from '../test-cluster.ts';

/** Its clock stands at 2026-01-01T00:00:00Z. */
function withRollout(): TestCluster {
  const cluster = testCluster();
  cluster.add(rollouts, { metadata: { name: 'g', namespace: 'default' }, spec: {} });
  return cluster;
}

const path = '/apis/argoproj.io/v1alpha1/namespaces/default/rollouts/g';

describe('restart', () => {
  it.each([
    [['--in', '10m'], '2026-01-01T00:10:00Z', '10m'],
    [['-i', '1h30m'], '2026-01-01T01:30:00Z', '1h30m'],
    [['--in', '1.9s'], '2026-01-01T00:00:01Z', '1.9s'],
    [['--in', '600s'], '2026-01-01T00:10:00Z', '600s'],
    [[], '2026-01-01T00:00:00Z', '0s'],
  ])('[cli-29] writes the time of %j in whole seconds', async (flags, restartAt, told) => {
    const cluster = withRollout();
    expect(await cluster.run('restart', 'g', ...flags)).toEqual({
      code: 0,
      out: `rollout 'g' restarts in ${told}\n`,
      err: '',
    });
    expect(cluster.writes).toEqual([{ line: `PATCH ${path}`, body: { spec: { restartAt } } }]);
  });

  it.each([
    ['nonsense', 'time: invalid duration "nonsense"'],
    ['10', 'time: missing unit in duration "10"'],
    ['3d', 'time: unknown unit "d" in duration "3d"'],
  ])('[cli-29] refuses %s and writes nothing', async (text, message) => {
    const cluster = withRollout();
    expect(await cluster.run('restart', 'g', '--in', text)).toEqual({ code: 1, out: '', err: `Error: ${message}\n` });
    expect(cluster.writes).toEqual([]);
  });

  it('shows its usage for any other number of names', async () => {
    const cluster = withRollout();
    expect((await cluster.run('restart')).err).toMatch(/^Usage:\n/);
    expect((await cluster.run('restart', 'g', 'h')).err).toMatch(/^Usage:\n/);
  });
});
