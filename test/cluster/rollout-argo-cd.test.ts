/** What Argo CD shows of a live Rollout, by its own script, and what its actions do to one: written to the API server as Argo CD writes them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { customResourceDefinitions } from '#api/crds.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { parseTime } from '#api/time.ts';
import { pathOf, pods, rollouts } from '#cluster/resource.ts';
import { argoActionPatch, argoActions, argoHealth, type Health } from '../bed/argo-cd.ts';
import { type Bed, startBed } from '../bed/bed.ts';
import type { Child } from '../bed/children.ts';
import { shippedRules } from '../bed/shipped-rules.ts';
import { dig, digList, digText } from '../conformance/json.ts';

const namespace = 'gitops';
const web = { namespace, name: 'web' };
const resource = pathOf(rollouts, web);

const manifest = (image: string, more = ''): string => `
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web, namespace: ${namespace}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: '${image}'}]}
  strategy:
    canary:
      ${more}
      steps: [{setWeight: 50}, {pause: {}}, {setWeight: 60}, {pause: {}}]
`;

const notObserved: Health = { status: 'Progressing', message: 'Waiting for rollout spec update to be observed' };

describe('a Rollout under Argo CD', () => {
  let bed: Bed;
  let serin: Child;
  /** Every state that the API server has had of it, oldest first. */
  const versions: KubeObject[] = [];
  const end = new AbortController();

  const startSerin = (): Child =>
    bed.startSerin(['controller', 'argo-rollouts', '--leader-elect=false'], { user: 'serin-deployed' });
  beforeAll(async () => {
    bed = await startBed();
    await bed.applyManifest([...customResourceDefinitions, ...shippedRules('serin-deployed')]);
    await bed.createNamespace(namespace);
    bed.api.watch(rollouts, ({ object }) => void versions.push(object), end.signal);
    serin = startSerin();
  });
  afterAll(async () => {
    end.abort();
    await bed?.stop();
  });

  const now = async (): Promise<KubeObject> => {
    const rollout = await bed.get(rollouts, web);
    if (rollout === undefined) throw new Error('There is no Rollout');
    return rollout;
  };
  const becomes = (status: string, message = ''): Promise<boolean> =>
    bed.waitFor(`${status} ${message}`, async () => {
      const health = await argoHealth(await now());
      if (health.status === status && health.message === message) return true;
      throw new Error(`it is ${health.status} ${health.message}`);
    });
  const offered = async (): Promise<string[]> => argoActions(await now());
  const act = async (name: string): Promise<void> => {
    expect(await offered()).toContain(name);
    const body = await argoActionPatch(await now(), name);
    for (const path of [resource, `${resource}/status`]) {
      const { status } = await bed.api.call('PATCH', path, { body });
      expect(status).toBe(200);
    }
  };
  const step = async (): Promise<unknown> => dig(await now(), 'status', 'currentStepIndex');

  it('[rollout-40] is Healthy, and Suspended at a pause, where it can be resumed and skipped', async () => {
    await bed.applyManifest(manifest('web:1'));
    await becomes('Healthy');
    expect(await offered()).toEqual(['restart']);
    await bed.applyManifest(manifest('web:2'));
    await becomes('Suspended', 'CanaryPauseStep');
    expect(await offered()).toEqual(['abort', 'pause', 'promote-full', 'restart', 'resume', 'skip-current-step']);
    await act('resume');
    await bed.waitFor('the second pause', async () => (await step()) === 3);
    await becomes('Suspended', 'CanaryPauseStep');
    await act('skip-current-step');
    await becomes('Healthy');
    expect(await offered()).toEqual(['restart']);
  });

  it('[rollout-40] is Degraded after an abort, goes on with a retry, and is promoted at once', async () => {
    await bed.applyManifest(manifest('web:3'));
    await becomes('Suspended', 'CanaryPauseStep');
    await act('abort');
    await becomes('Degraded', 'RolloutAborted: Rollout aborted update to revision 3');
    expect(await offered()).toEqual(['promote-full', 'restart', 'retry', 'skip-current-step']);
    await act('retry');
    await becomes('Suspended', 'CanaryPauseStep');
    await act('pause');
    await becomes('Suspended', 'manually paused');
    await act('resume');
    await bed.waitFor('the second pause', async () => (await step()) === 3);
    await becomes('Suspended', 'CanaryPauseStep');
    await act('promote-full');
    await becomes('Healthy');
  });

  it('starts its pods anew', async () => {
    const names = async (): Promise<string[]> => (await bed.list(pods, namespace)).map(({ metadata }) => metadata.name);
    const before = await names();
    // A restart is for the pods of earlier seconds.
    await bed.waitFor('the next second', async () => {
      const made = (await bed.list(pods, namespace)).map(({ metadata }) => parseTime(metadata.creationTimestamp ?? ''));
      return Date.now() >= Math.max(...made) + 1_000;
    });
    await act('restart');
    await bed.waitFor('other pods', async () => (await names()).every((name) => !before.includes(name)));
    await becomes('Healthy');
    const { spec, status } = await now();
    expect(dig(status, 'restartedAt')).toBe(dig(spec, 'restartAt'));
  });

  it('[rollout-40] is Progressing until an edit is observed, also one that is invalid', async () => {
    await serin.stop(10_000);
    await bed.applyManifest(manifest('web:3', 'maxSurge: 0\n      maxUnavailable: 0'));
    expect(await argoHealth(await now())).toEqual(notObserved);
    serin = startSerin();
    const { message } = await bed.waitFor('its verdict', async () => {
      const health = await argoHealth(await now());
      return health.status === 'Degraded' && health;
    });
    expect(message).toMatch(/^InvalidSpec: The Rollout "web" is invalid: /);
    const invalid = await now();
    expect(dig(invalid, 'status', 'observedGeneration')).toBe(String(invalid.metadata.generation));
    expect(message).toBe(dig(invalid, 'status', 'message'));
    await bed.applyManifest(manifest('web:3'));
    await becomes('Healthy');
  });

  it('[rollout-40] never says of a new template what was true of the one before', async () => {
    const said: string[] = [];
    for (const version of versions) {
      const { status, message } = await argoHealth(version);
      const line = `${imageOf(version)} ${status} ${message}`.trimEnd();
      // How often it goes on in between depends on how fast pods come.
      if (status !== 'Progressing' && line !== said.at(-1)) said.push(line);
    }
    const invalid = 'spec.strategy.maxSurge: Invalid value: 0: MaxSurge and MaxUnavailable both can not be zero';
    expect(said).toEqual([
      'web:1 Healthy',
      'web:2 Suspended CanaryPauseStep',
      'web:2 Healthy',
      'web:3 Suspended CanaryPauseStep',
      'web:3 Degraded RolloutAborted: Rollout aborted update to revision 3',
      'web:3 Suspended CanaryPauseStep',
      'web:3 Suspended manually paused',
      'web:3 Suspended CanaryPauseStep',
      'web:3 Healthy',
      `web:3 Degraded InvalidSpec: The Rollout "web" is invalid: ${invalid}`,
      'web:3 Healthy',
    ]);
  });
});

function imageOf(rollout: KubeObject): string {
  return digText(digList(rollout, 'spec', 'template', 'spec', 'containers')[0], 'image');
}
