/** Published walk-throughs of Rollouts, command by command: the plugin prints what it printed there, and the states come in the same order. */
import { describe, expect, it } from 'vitest';
import { deployments, httpRoutes, rollouts, services } from '#cluster/resource.ts';
import { dig, digList } from './json.ts';
import { rolloutStage, type RolloutStage } from './rollout-stage.ts';
import { expectInOrder, manifestsOf, withImage } from './walkthrough-pages.ts';

const hashOf = (stage: RolloutStage, service: string): unknown =>
  dig(stage.get(services, service), 'spec', 'selector', 'rollouts-pod-template-hash');

describe('blue-green of a Deployment that is there already', () => {
  const manifests = manifestsOf('workload-blue-green.yaml');

  it('[rollout-1] [rollout-2] [rollout-3] takes over, waits for a promotion and switches', async () => {
    const stage = await rolloutStage('rollout-bluegreen');
    stage.apply(...manifests.slice(0, 2));
    await stage.wait(5);
    stage.apply(...manifests.slice(2));
    await stage.sees('000-1116');
    await stage.wait(5);
    expect(dig(stage.get(deployments, 'web'), 'spec', 'replicas')).toBe(0);
    expect(dig(stage.get(rollouts, 'rollout-bluegreen'), 'spec', 'template')).toBeUndefined();
    expect(stage.get(services, 'web')?.metadata.annotations).toMatchObject({
      'argo-rollouts.argoproj.io/managed-by-rollouts': 'rollout-bluegreen',
    });

    stage.apply(withImage(manifests, 'Deployment', 'hello:1.23.2'));
    await stage.sees('000-1177');
    const stable = hashOf(stage, 'web');
    expect(dig(stage.get(deployments, 'web'), 'spec', 'replicas')).toBe(2);

    expect(await stage.plugin('promote rollout-bluegreen')).toBe("rollout 'rollout-bluegreen' promoted\n");
    await stage.sees('000-1215');
    const promoted = String(hashOf(stage, 'web'));
    expect(promoted).not.toBe(stable);
    const completed = `Rollout completed update to revision 2 (${promoted}): Completed blue-green update`;
    expect(stage.told()).toContain(completed);
  });

  it('[rollout-10] goes back at once while the pods of the version before still run', async () => {
    const stage = await rolloutStage('rollout-bluegreen');
    stage.apply(...manifests);
    await stage.sees('000-1116');
    const first = hashOf(stage, 'web');
    // Which version is older is told by whole seconds.
    await stage.wait(60);
    stage.apply(withImage(manifests, 'Deployment', 'hello:1.23.2'));
    await stage.sees('000-1177');
    await stage.plugin('promote rollout-bluegreen');
    await stage.until('Healthy (2,4,2,2,2)');
    const { length } = stage.history;
    expect(await stage.plugin('undo rollout-bluegreen')).toBe("rollout 'rollout-bluegreen' undo\n");
    await stage.wait(10);
    expect(hashOf(stage, 'web')).toBe(first);
    expect(stage.history.at(-1)).toBe('Healthy (2,4,2,2,2)');
    expect(stage.history.slice(length).filter((state) => state.startsWith('Paused'))).toEqual([]);
    expect(stage.told()).toContainEqual(expect.stringContaining('Fast rollback'));
  });
});

describe('blue-green with a preview', () => {
  const manifests = manifestsOf('preview-blue-green.yaml');
  const name = 'bluegreen-rollout';
  const release = (stage: RolloutStage, version: string): void =>
    stage.apply(withImage(manifests, 'Rollout', `ikubernetes/myapp:${version}`));
  const promote = async (stage: RolloutStage): Promise<void> => {
    expect(await stage.plugin(`promote ${name}`)).toBe(`rollout '${name}' promoted\n`);
  };

  /** The second version has replaced the first. */
  async function second(): Promise<RolloutStage> {
    const stage = await rolloutStage(name);
    stage.apply(...manifests);
    await stage.sees('001-247');
    // So that one version is older than the other: times of creation are whole seconds.
    await stage.wait(60);
    release(stage, 'v2');
    await stage.sees('001-284');
    await promote(stage);
    await stage.sees('001-340');
    return stage;
  }

  it('[rollout-4] shows one pod of a new version, and switches to all of them', async () => {
    const stage = await second();
    await stage.sees('001-370');
    expect(await stage.plugin('list rollouts')).toBe(
      `NAME               STRATEGY   STATUS        STEP  SET-WEIGHT  READY  DESIRED  UP-TO-DATE  AVAILABLE\n` +
        `bluegreen-rollout  BlueGreen  Healthy       -     -           2/2    2        2           2        \n`,
    );
    expect(await stage.plugin(`status ${name}`)).toBe('Healthy\n');
    expectInOrder(stage.history, [
      'Healthy (2,2,2,2,2)',
      'Paused BlueGreenPause (2,3,1,2,2)',
      'Healthy (2,4,2,2,2)',
      'Healthy (2,2,2,2,2)',
    ]);
  });

  it('[rollout-5] goes back to a version that has been stopped, under a new revision', async () => {
    const stage = await second();
    await stage.sees('001-370');
    expect(await stage.plugin(`undo ${name}`)).toBe(`rollout '${name}' undo\n`);
    await stage.sees('001-442');
    await promote(stage);
    await stage.sees('001-478');
    release(stage, 'v3');
    await stage.until('Paused BlueGreenPause (2,3,1,2,2)');
    await promote(stage);
    await stage.sees('001-509');
    await stage.plugin(`undo ${name} --to-revision=2`);
    await stage.sees('001-541');
    await promote(stage);
    await stage.sees('001-579');
  });

  it('[rollout-6] gives an update up when it is aborted, and takes it up again', async () => {
    const stage = await second();
    await stage.sees('001-370');
    release(stage, 'v3');
    await stage.sees('001-622');
    const [active, preview] = [hashOf(stage, 'bluegreen-active'), hashOf(stage, 'bluegreen-preview')];
    expect(await stage.plugin(`abort ${name}`)).toBe(`rollout '${name}' aborted\n`);
    await stage.sees('001-661');
    expect([hashOf(stage, 'bluegreen-active'), hashOf(stage, 'bluegreen-preview')]).toEqual([active, preview]);
    expect(await stage.plugin(`retry rollout ${name}`)).toBe(`rollout '${name}' retried\n`);
    await stage.until('Paused BlueGreenPause (2,3,1,2,2)');
  });

  it('shows a version again whose pods still run, of which the preview keeps one', async () => {
    const stage = await second();
    const active = hashOf(stage, 'bluegreen-active');
    await stage.plugin(`undo ${name}`);
    await stage.sees('001-442');
    expect(hashOf(stage, 'bluegreen-active')).toBe(active);
  });
});

describe('a canary of five replicas without a router', () => {
  const manifests = manifestsOf('replica-canary.yaml');

  it('[rollout-15] goes step by step and waits a minute at each', async () => {
    const stage = await rolloutStage('rollout-test-canary-nginx');
    stage.apply(...manifests);
    await stage.sees('002-117');
    stage.apply(withImage(manifests, 'Rollout', 'nginx:1.14.2'));
    await stage.sees('002-150');
    await stage.sees('002-182');
    await stage.sees('002-249');
    await stage.sees('002-318');
    await stage.sees('002-349');
    expectInOrder(stage.history, [
      'Healthy (5,5,5,5,5) step 4',
      'Progressing more replicas need to be updated (5,5,1,4,4) step 0',
      'Paused CanaryPauseStep (5,5,1,5,5) step 1',
      'Paused CanaryPauseStep (5,5,4,5,5) step 3',
      'Healthy (5,5,5,5,5) step 4',
    ]);
    expect(stage.told()).toContainEqual(expect.stringContaining('Completed all 4 canary steps'));
  });
});

describe('blue-green whose Services come late', () => {
  const manifests = manifestsOf('late-services-blue-green.yaml');

  it('[rollout-7] [rollout-8] waits for them, and promotes by itself', async () => {
    const stage = await rolloutStage('rollout-test-bluegreen-nginx');
    stage.apply(...manifests.slice(0, 1));
    await stage.sees('002-503');
    stage.apply(...manifests.slice(1));
    await stage.sees('002-523');
    stage.apply(withImage(manifests, 'Rollout', 'nginx:1.14.2'));
    await stage.sees('002-563');
    await stage.sees('002-597');
    await stage.sees('002-629');
    await stage.sees('002-727');
    expect(hashOf(stage, 'rollout-test-bluegreen-active')).toBe(hashOf(stage, 'rollout-test-bluegreen-preview'));
    expectInOrder(stage.history, [
      'Healthy (5,5,5,5,5)',
      'Progressing active service cutover pending (5,10,5,5,5)',
      'Healthy (5,10,5,5,5)',
      'Healthy (5,5,5,5,5)',
    ]);
  });
});

describe('a canary of a Deployment behind the Gateway API', () => {
  const manifests = manifestsOf('gateway-canary.yaml');
  const weights = (stage: RolloutStage): readonly unknown[] => {
    const [rule] = digList(stage.get(httpRoutes, 'web'), 'spec', 'rules');
    return digList(rule, 'backendRefs').map((backend) => dig(backend, 'weight'));
  };
  const mark = (stage: RolloutStage): string | undefined =>
    stage.get(httpRoutes, 'web')?.metadata.labels?.['rollouts.argoproj.io/gatewayapi-canary'];

  /** The first version runs, and the Deployment is empty. */
  async function first(): Promise<RolloutStage> {
    const stage = await rolloutStage('rollout-canary');
    stage.apply(...manifests.slice(0, -1));
    await stage.wait(5);
    stage.apply(...manifests.slice(-1));
    // The page was printed with another manifest, of nine steps.
    await stage.sees('003-620', { '9/9': '3/3' });
    await stage.wait(5);
    return stage;
  }

  /** The second version has half of the traffic. */
  async function half(): Promise<RolloutStage> {
    const stage = await first();
    stage.apply(withImage(manifests, 'Deployment', 'hello:1.23.2'));
    await stage.sees('003-657');
    return stage;
  }

  it('[rollout-23] takes the pods over with all traffic on the stable version', async () => {
    const stage = await first();
    expect([weights(stage), mark(stage)]).toEqual([[0, 100], undefined]);
    expect(hashOf(stage, 'web-canary')).toBe(hashOf(stage, 'web-stable'));
    expect(dig(stage.get(deployments, 'web'), 'spec', 'replicas')).toBe(0);
  });

  it('[rollout-24] gives the new version half of the traffic once its pod has been ready for half a minute', async () => {
    const stage = await half();
    expect([weights(stage), mark(stage)]).toEqual([[50, 50], 'in-progress']);
    expect(hashOf(stage, 'web-canary')).not.toBe(hashOf(stage, 'web-stable'));
  });

  it('[rollout-25] promotes', async () => {
    const stage = await half();
    const canary = hashOf(stage, 'web-canary');
    expect(await stage.plugin('promote rollout-canary')).toBe("rollout 'rollout-canary' promoted\n");
    await stage.sees('003-703');
    expect([weights(stage), mark(stage), hashOf(stage, 'web-stable')]).toEqual([[0, 100], undefined, canary]);
    expect(stage.told()).toContainEqual(expect.stringContaining('Completed all 3 canary steps'));
  });

  it('[rollout-26] aborts', async () => {
    const stage = await half();
    await stage.plugin('promote rollout-canary');
    await stage.until('Healthy (2,2,2,2,2) step 3');
    stage.apply(withImage(manifests, 'Deployment', 'hello:1.23.1'));
    await stage.until('Paused CanaryPauseStep (2,3,1,3,3) step 1');
    expect(await stage.plugin('abort rollout-canary')).toBe("rollout 'rollout-canary' aborted\n");
    // The page shows the image of another run.
    await stage.sees('003-746', { 'hello:1.23.1': 'hello:1.23.2' });
    expect([weights(stage), mark(stage)]).toEqual([[0, 100], undefined]);
    expect(hashOf(stage, 'web-canary')).toBe(hashOf(stage, 'web-stable'));
  });
});
