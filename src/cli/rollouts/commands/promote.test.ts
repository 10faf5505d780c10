/** `promote`: which patches it sends for each state of a rollout, in which order. */
import { describe, expect, it } from 'vitest';
import { rollouts } from '#cluster/resource.ts';
import { testCluster, type TestCluster } from '../test-cluster.ts';

type Fields = Readonly<Record<string, unknown>>;

const path = '/apis/argoproj.io/v1alpha1/namespaces/default/rollouts/g';
const ofStatus = (status: Fields) => ({ line: `PATCH ${path}/status`, body: { status } });
const ofSpec = (spec: Fields) => ({ line: `PATCH ${path}`, body: { spec } });
const unpause = ofSpec({ paused: false });

const promoted = { code: 0, out: "rollout 'g' promoted\n", err: '' };
const fullyPromoted = { code: 0, out: "rollout 'g' fully promoted\n", err: '' };

function withRollout(spec: Fields, status: Fields): TestCluster {
  const cluster = testCluster();
  cluster.add(rollouts, { metadata: { name: 'g', namespace: 'default' }, spec, status });
  return cluster;
}

const canary = (steps: number) => ({
  strategy: { canary: { steps: Array.from({ length: steps }, (_, index) => ({ setWeight: index + 1 })) } },
});
const blueGreen = { strategy: { blueGreen: { activeService: 'g' } } };
const pausedByStep = { pauseConditions: [{ reason: 'CanaryPauseStep', startTime: '2026-01-01T00:00:00Z' }] };

/** As a cluster answers whose CRD has no status of its own. */
function withoutStatusPath(cluster: TestCluster): TestCluster {
  cluster.server.intercept((request) =>
    request.path.endsWith('/status') ? { status: 404, body: { kind: 'Status', message: 'gone' } } : undefined,
  );
  return cluster;
}

describe('promote', () => {
  it('[cli-18] ends the pause of a canary and leaves its spec alone', async () => {
    const cluster = withRollout(canary(4), { ...pausedByStep, currentStepIndex: 1 });
    expect(await cluster.run('promote', 'g')).toEqual(promoted);
    expect(cluster.writes).toEqual([ofStatus({ pauseConditions: null })]);
  });

  it('[cli-18] unpauses the spec too when it is paused by hand', async () => {
    const cluster = withRollout({ ...blueGreen, paused: true }, pausedByStep);
    expect(await cluster.run('promote', 'g')).toEqual(promoted);
    expect(cluster.writes).toEqual([ofStatus({ pauseConditions: null }), unpause]);
  });

  it.each([
    [undefined, 1],
    [0, 1],
    [1, 2],
    [4, 4],
  ])('[cli-19] skips the step that runs: from %s to %i', async (before, after) => {
    const cluster = withRollout(canary(4), before === undefined ? {} : { currentStepIndex: before });
    expect(await cluster.run('promote', 'g')).toEqual(promoted);
    expect(cluster.writes).toEqual([ofStatus({ pauseConditions: null, currentStepIndex: after })]);
  });

  it('skips the current step of a canary that was paused by hand', async () => {
    const cluster = withRollout({ ...canary(2), paused: true }, { currentStepIndex: 0 });
    expect(await cluster.run('promote', 'g')).toEqual(promoted);
    expect(cluster.writes).toEqual([ofStatus({ pauseConditions: null, currentStepIndex: 1 }), unpause]);
  });

  it('[cli-20] goes past an analysis that has come to no verdict', async () => {
    const cluster = withRollout(
      { ...canary(2), paused: true },
      {
        ...pausedByStep,
        controllerPause: true,
        currentStepIndex: 0,
        canary: { currentStepAnalysisRunStatus: { name: 'a', status: 'Inconclusive' } },
      },
    );
    expect(await cluster.run('promote', 'g')).toEqual(promoted);
    expect(cluster.writes).toEqual([
      ofStatus({ pauseConditions: null, controllerPause: false, currentStepIndex: 1 }),
      unpause,
    ]);
  });

  it.each([
    ['a blue-green that is not paused', blueGreen],
    ['a canary without steps', canary(0)],
  ])('writes nothing for %s', async (_, spec) => {
    const cluster = withRollout(spec, {});
    expect(await cluster.run('promote', 'g')).toEqual(promoted);
    expect(cluster.writes).toEqual([]);
  });

  it('[cli-21] has nothing to do for a rollout whose version is the stable one', async () => {
    const cluster = withRollout(canary(2), { currentPodHash: 'a', stableRS: 'a' });
    expect(await cluster.run('promote', 'g', '--full')).toEqual(fullyPromoted);
    expect(cluster.writes).toEqual([]);
  });

  it('[cli-21] promotes fully, and then unpauses the spec', async () => {
    const cluster = withRollout({ ...canary(2), paused: true }, { currentPodHash: 'b', stableRS: 'a' });
    expect(await cluster.run('promote', 'g', '--full')).toEqual(fullyPromoted);
    expect(cluster.writes).toEqual([ofStatus({ promoteFull: true }), unpause]);
  });

  it.each([
    [['-c'], { currentStepIndex: 2 }],
    [['--skip-current-step'], { currentStepIndex: 2 }],
    [['-a'], { currentStepIndex: 4 }],
    [['--skip-all-steps'], { currentStepIndex: 4 }],
  ])('still knows the old flag %j', async (flags, status) => {
    const cluster = withRollout({ ...canary(4), paused: true }, { currentStepIndex: 1 });
    expect((await cluster.run('promote', 'g', ...flags)).out).toBe(promoted.out);
    expect(cluster.writes).toEqual([ofStatus(status)]);
  });

  it('tells what to use instead of an old flag', async () => {
    const skip = (flag: string) => withRollout(canary(4), {}).run('promote', 'g', flag);
    const step = 'use without the flag instead ex: promote ROLLOUT_NAME';
    expect((await skip('-c')).err).toBe(`Flag --skip-current-step has been deprecated, ${step}\n`);
    expect((await skip('--skip-all-steps')).err).toBe(
      'Flag --skip-all-steps has been deprecated, use --full instead\n',
    );
    expect((await skip('--help')).out).not.toContain('--skip');
  });

  it('[cli-22] refuses both skips before it asks anybody', async () => {
    const cluster = withRollout(canary(2), {});
    const asked: string[] = [];
    cluster.server.intercept((request) => void asked.push(request.path));
    const { code, out, err } = await cluster.run('promote', 'g', '-a', '-c');
    expect([code, out, asked]).toEqual([1, '', []]);
    expect(err).toMatch(/\nError: Cannot use skip-current-step and skip-all-steps flags at the same time\n$/);
  });

  it.each([
    ['-a', blueGreen, 'Cannot skip steps of a bluegreen rollout. Run without a flags'],
    ['-c', blueGreen, 'Cannot skip steps of a bluegreen rollout. Run without a flags'],
    ['-c', canary(0), 'Cannot skip steps of a rollout without steps'],
  ])('[cli-22] refuses %s where there are no steps', async (flag, spec, message) => {
    const cluster = withRollout(spec, {});
    const { code, out, err } = await cluster.run('promote', 'g', flag);
    expect([code, out, cluster.writes]).toEqual([1, '', []]);
    expect(err.endsWith(`Error: ${message}\n`)).toBe(true);
  });

  it('[cli-15] says in the plural what it has not found', async () => {
    expect(await testCluster().run('promote', 'x')).toEqual({
      code: 1,
      out: '',
      err: 'Error: rollouts.argoproj.io "x" not found\n',
    });
  });

  it('[cli-16] wants exactly one name', async () => {
    expect((await testCluster().run('promote', 'a', 'b')).err).toMatch(/^Usage:\n/);
  });

  it.each([
    [[], pausedByStep, { spec: { paused: false }, status: { pauseConditions: null } }],
    [[], {}, { spec: { paused: false }, status: { pauseConditions: null, currentStepIndex: 1 } }],
    [['--full'], { currentPodHash: 'b' }, { spec: { paused: false }, status: { promoteFull: true } }],
    [['-c'], {}, { status: { currentStepIndex: 1 } }],
  ])('sends one patch where the status has no path of its own: %j %j', async (flags, status, body) => {
    const cluster = withoutStatusPath(withRollout({ ...canary(2), paused: true }, status));
    expect((await cluster.run('promote', 'g', ...flags)).code).toBe(0);
    expect(cluster.writes.slice(1)).toEqual([{ line: `PATCH ${path}`, body }]);
  });

  it('sends nothing more after a refusal', async () => {
    const cluster = withRollout({ ...canary(2), paused: true }, pausedByStep);
    cluster.server.intercept((request) =>
      request.method === 'PATCH' ? { status: 403, body: { kind: 'Status', message: 'you may not' } } : undefined,
    );
    expect(await cluster.run('promote', 'g')).toEqual({ code: 1, out: '', err: 'Error: you may not\n' });
    expect(cluster.writes).toHaveLength(1);
  });
});
