/** `abort` and the commands like it: one patch a name, one line a success, and an end at the first error. */
import { describe, expect, it } from 'vitest';
import { analysisRuns, experiments, rollouts } from '#cluster/resource.ts';
import { testCluster, type TestCluster } from '../test-cluster.ts';

const path = '/apis/argoproj.io/v1alpha1/namespaces/default';

function withObjects(): TestCluster {
  const cluster = testCluster();
  for (const name of ['web', 'api']) {
    const metadata = { name, namespace: 'default' };
    cluster.add(rollouts, { metadata, spec: { strategy: { canary: {} } }, status: { phase: 'Paused' } });
    cluster.add(experiments, { metadata, spec: { templates: [] }, status: { phase: 'Failed' } });
    cluster.add(analysisRuns, { metadata, spec: { metrics: [] } });
  }
  return cluster;
}

interface Case {
  readonly line: string;
  readonly to: string;
  readonly body: object;
  readonly says: (name: string) => string;
  readonly missing: string;
}

const cases: readonly Case[] = [
  {
    line: 'abort',
    to: 'rollouts/NAME/status',
    body: { status: { abort: true } },
    says: (name) => `rollout '${name}' aborted`,
    missing: 'rollouts',
  },
  {
    line: 'retry rollout',
    to: 'rollouts/NAME/status',
    body: { status: { abort: false } },
    says: (name) => `rollout '${name}' retried`,
    missing: 'rollouts',
  },
  {
    line: 'pause',
    to: 'rollouts/NAME',
    body: { spec: { paused: true } },
    says: (name) => `rollout '${name}' paused`,
    missing: 'rollouts',
  },
  {
    line: 'resume',
    to: 'rollouts/NAME',
    body: { spec: { paused: false } },
    says: (name) => `rollout '${name}' resumed`,
    missing: 'rollouts',
  },
  {
    line: 'retry experiment',
    to: 'experiments/NAME',
    body: { status: null },
    says: (name) => `experiment '${name}' retried`,
    missing: 'experiments',
  },
  {
    line: 'terminate analysisrun',
    to: 'analysisruns/NAME',
    body: { spec: { terminate: true } },
    says: (name) => `analysisRun '${name}' terminated`,
    missing: 'analysisruns',
  },
  {
    line: 'terminate experiment',
    to: 'experiments/NAME',
    body: { spec: { terminate: true } },
    says: (name) => `experiment '${name}' retried`,
    missing: 'experiments',
  },
];

describe.each(cases)('$line', ({ line, to, body, says, missing }) => {
  const sent = (name: string) => ({ line: `PATCH ${path}/${to.replace('NAME', name)}`, body });

  it('patches one object after the other and confirms each', async () => {
    const cluster = withObjects();
    expect(await cluster.run(...line.split(' '), 'web', 'api')).toEqual({
      code: 0,
      out: `${says('web')}\n${says('api')}\n`,
      err: '',
    });
    expect(cluster.writes).toEqual([sent('web'), sent('api')]);
  });

  it('[cli-15] stops at the first that is missing; what was done before stays done', async () => {
    const cluster = withObjects();
    expect(await cluster.run(...line.split(' '), 'web', 'x', 'api')).toEqual({
      code: 1,
      out: `${says('web')}\n`,
      err: `Error: ${missing}.argoproj.io "x" not found\n`,
    });
    expect(cluster.writes).not.toContainEqual(sent('api'));
  });

  it('[cli-16] shows its usage without a name', async () => {
    const { code, out, err } = await withObjects().run(...line.split(' '));
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(new RegExp(`^Usage:\\n {2}kubectl-argo-rollouts ${line} [A-Z]+_NAME \\[flags\\]\\n`));
    expect(err).not.toContain('Error:');
  });

  it('offers names to the shell, for the first argument', async () => {
    const cluster = withObjects();
    expect((await cluster.run('__complete', ...line.split(' '), 'w')).out).toBe('web\n:4\n');
    expect((await cluster.run('__complete', ...line.split(' '), 'web', '')).out).toBe(':4\n');
  });
});

describe('aliases', () => {
  it.each([
    ['retry ro web', "rollout 'web' retried\n"],
    ['retry exp web', "experiment 'web' retried\n"],
    ['terminate ar web', "analysisRun 'web' terminated\n"],
    ['terminate experiments web', "experiment 'web' retried\n"],
  ])('reads %s', async (line, out) => {
    expect((await withObjects().run(...line.split(' '))).out).toBe(out);
  });
});

describe('abort', () => {
  const statusPath = `${path}/rollouts/web/status`;

  it('shows what it asks for in its usage', async () => {
    expect((await withObjects().run('abort')).err).toContain('abort ROLLOUT');
  });

  it('[cli-17] patches the whole object where the status cannot be patched by itself', async () => {
    const cluster = withObjects();
    cluster.server.intercept((request) =>
      request.path === statusPath ? { status: 404, body: { kind: 'Status', message: 'no such path' } } : undefined,
    );
    expect(await cluster.run('abort', 'web')).toEqual({ code: 0, out: "rollout 'web' aborted\n", err: '' });
    const body = { status: { abort: true } };
    expect(cluster.writes).toEqual([
      { line: `PATCH ${statusPath}`, body },
      { line: `PATCH ${path}/rollouts/web`, body },
    ]);
  });

  it('[cli-17] takes any other refusal for an error', async () => {
    const cluster = withObjects();
    cluster.server.intercept((request) =>
      request.path === statusPath ? { status: 403, body: { kind: 'Status', message: 'you may not' } } : undefined,
    );
    expect(await cluster.run('abort', 'web')).toEqual({ code: 1, out: '', err: 'Error: you may not\n' });
    expect(cluster.writes).toHaveLength(1);
  });
});
