/** What the shell is offered as the first argument of each command. */
import { describe, expect, it } from 'vitest';
import { analysisRuns, experiments, rollouts } from '#cluster/resource.ts';
import { testCluster, type TestCluster } from './test-cluster.ts';

function withObjects(): TestCluster {
  const cluster = testCluster();
  for (const [resource, name] of [
    [rollouts, 'web-rollout'],
    [rollouts, 'api-rollout'],
    [experiments, 'web-experiment'],
    [analysisRuns, 'web-run'],
  ] as const)
    cluster.add(resource, { metadata: { name, namespace: 'default' }, spec: {} });
  cluster.add(rollouts, { metadata: { name: 'web-of-others', namespace: 'kube-system' }, spec: {} });
  return cluster;
}

const offered = (line: string, ...more: string[]) => withObjects().run('__complete', ...line.split(' '), ...more);

const commands = {
  'web-rollout': [
    'abort',
    'get rollout',
    'pause',
    'promote',
    'restart',
    'resume',
    'retry rollout',
    'set image',
    'status',
    'undo',
  ],
  'web-experiment': ['get experiment', 'retry experiment', 'terminate experiment'],
  'web-run': ['terminate analysisrun'],
};
const pairs = Object.entries(commands).flatMap(([name, lines]) => lines.map((line) => [line, name] as const));

describe('completion of names', () => {
  it.each(pairs)('of %s is %s', async (line, name) => {
    expect((await offered(line, 'web')).out).toBe(`${name}\n:4\n`);
    expect((await offered(line, name, '')).out).toBe(':4\n');
    expect((await offered(line, 'x')).out).toBe(':4\n');
  });

  it('looks in the namespace that is meant', async () => {
    expect((await offered('abort -n kube-system', '')).out).toBe('web-of-others\n:4\n');
  });

  it('tells the shell of an error', async () => {
    const cluster = withObjects();
    cluster.server.intercept(() => ({ status: 403, body: { kind: 'Status', message: 'no' } }));
    expect((await cluster.run('__complete', 'abort', '')).out).toBe(':1\n');
  });

  it.each(['lint', 'create', 'create analysisrun'])('offers no names for %s', async (line) => {
    expect((await offered(line, '')).out).not.toContain('web');
  });
});
