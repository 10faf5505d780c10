/** The Canary's main job against the real API server and the real workload controllers; Pods are data, metrics and hooks are scripted. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import type { Workload } from '#api/workload.ts';
import { customResourceDefinitions } from '#api/crds.ts';
import { canaries, deployments, events, httpRoutes, pathOf } from '#cluster/resource.ts';
import { scriptedMetrics, type ScriptedMetrics } from '#sandbox/scripted-metrics.ts';
import { type Bed, startBed } from '../bed/bed.ts';
import type { Child } from '../bed/children.ts';
import { serveHandler, type HandlerServer } from '../bed/handler-server.ts';
import { manifestTexts } from '../bed/programs.ts';
import { shippedRules } from '../bed/shipped-rules.ts';
import { workload } from '../bed/workload.ts';

/** Long enough for a Deployment of this bed to roll between two ticks. */
const interval = '1s';
const image = 'example/podinfo:1';

function canary(
  namespace: string,
  { provider = 'gatewayapi:v1', port = 9898, analysis = 'stepWeight: 20, maxWeight: 60' } = {},
): string {
  const gateways = provider === 'kubernetes' ? '' : 'gatewayRefs: [{name: gateway, namespace: default}]';
  return `
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {name: podinfo, namespace: ${namespace}}
spec:
  provider: ${provider}
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: podinfo}
  progressDeadlineSeconds: 60
  service: {port: ${port}, targetPort: 9898, ${gateways}}
  analysis:
    interval: ${interval}
    threshold: 2
    ${analysis.split(', ').join('\n    ')}
    metrics:
      - {name: request-success-rate, interval: 1m, thresholdRange: {min: 99}}
`;
}

describe('Canary on a real control plane', () => {
  let bed: Bed;
  let metrics: ScriptedMetrics;
  let metricServer: HandlerServer;
  let serin: Child;

  beforeAll(async () => {
    bed = await startBed();
    await bed.applyManifest(customResourceDefinitions);
    for (const text of manifestTexts('gateway-api')) await bed.applyManifest(text);
    metrics = scriptedMetrics([{ name: 'success', query: 'status!~', answer: 100 }], () => Date.now());
    metricServer = await serveHandler(metrics.handler, bed.freeAddress());
    await bed.applyManifest(shippedRules('serin-deployed'));
    const flags = ['-control-loop-interval=1s', '-min-analysis-interval=1s', '-traffic-drain=1s', '-port=8080'];
    // The rules that are shipped have to be enough.
    serin = bed.startSerin(['controller', 'flagger', `-metrics-server=${metricServer.url}`, ...flags], {
      user: 'serin-deployed',
    });
  });
  afterAll(async () => {
    await metricServer?.stop();
    await bed?.stop();
  });

  const phaseOf = (object: KubeObject): unknown => (object['status'] as { phase?: string } | undefined)?.phase; // of a Canary
  const until = async (namespace: string, phase: string): Promise<KubeObject> => {
    try {
      return await bed.waitForObject(
        canaries,
        { namespace, name: 'podinfo' },
        (object) => phaseOf(object) === phase,
        60_000,
      );
    } catch (error) {
      throw new Error(`${String(error)}\n${serin.output().slice(-3_000)}`, { cause: error });
    }
  };
  const release = async (namespace: string, canaryManifest: string): Promise<void> => {
    await bed.createNamespace(namespace);
    await bed.applyManifest([workload({ namespace, image })]);
    await bed.applyManifest(canaryManifest);
    await until(namespace, 'Initialized');
  };
  const setImage = (namespace: string, image: string): Promise<void> =>
    bed.patch(
      deployments,
      { namespace, name: 'podinfo' },
      { spec: { template: { metadata: { annotations: { image } } } } },
    );
  const messages = async (namespace: string): Promise<string[]> =>
    (await bed.list(events, namespace))
      .filter(({ source }) => (source as { component?: string }).component === 'flagger')
      .map(({ message }) => String(message)); // an Event
  const weights = async (namespace: string): Promise<number[]> => {
    const route = await bed.get(httpRoutes, { namespace, name: 'podinfo' });
    const { rules } = (route?.['spec'] ?? { rules: [] }) as { rules: { backendRefs: { weight: number }[] }[] }; // an HTTPRoute
    return rules[0]?.backendRefs.map(({ weight }) => weight) ?? [];
  };
  const deployment = async (namespace: string, name: string): Promise<Workload> =>
    (await bed.get(deployments, { namespace, name })) as Workload; // the kind says so

  it('promotes a new version step by step', async () => {
    await release('promoted', canary('promoted'));
    await setImage('promoted', '2');
    await until('promoted', 'Succeeded');
    expect(await weights('promoted')).toEqual([100, 0]);
    const primary = await deployment('promoted', 'podinfo-primary');
    expect(primary.spec.template.metadata?.annotations).toMatchObject({ image: '2' });
    expect((await deployment('promoted', 'podinfo')).spec.replicas).toBe(0);
    // Events are written beside the run, not within it; from the tenth on they share one, as client-go's do.
    const told = await bed.waitFor('the last event', async () => {
      const all = await messages('promoted');
      return all.some((text) => text.endsWith('Promotion completed! Scaling down podinfo.promoted')) && all;
    });
    for (const weight of [20, 40, 60]) expect(told).toContain(`Advance podinfo.promoted canary weight ${weight}`);
  });

  it('rolls back a version that fails its checks, and keeps the primary as it was', async () => {
    await release('failed', canary('failed'));
    const before = await deployment('failed', 'podinfo-primary');
    metrics.set('success', 90);
    await setImage('failed', '2');
    await until('failed', 'Failed');
    metrics.set('success', 100);
    expect(await weights('failed')).toEqual([100, 0]);
    expect((await deployment('failed', 'podinfo')).spec.replicas).toBe(0);
    expect((await deployment('failed', 'podinfo-primary')).metadata.generation).toBe(before.metadata.generation);
    const story = await bed.kubectl([
      'get',
      'canary',
      'podinfo',
      '-n',
      'failed',
      '-o',
      'jsonpath={.status.decisions[-1:].verdict}',
    ]);
    expect(story.stdout).toBe('fail');
  });

  it('tests Blue/Green behind plain Services', async () => {
    await release('bluegreen', canary('bluegreen', { provider: 'kubernetes', analysis: 'iterations: 2' }));
    await setImage('bluegreen', '2');
    await until('bluegreen', 'Succeeded');
    expect(await bed.get(httpRoutes, { namespace: 'bluegreen', name: 'podinfo' })).toBeUndefined();
    expect(await messages('bluegreen')).toContain('Advance podinfo.bluegreen canary iteration 2/2');
  });

  it('tells what is wrong with a port that no container has, and that it is right again', async () => {
    await bed.createNamespace('wrong');
    await bed.applyManifest([workload({ namespace: 'wrong', image })]);
    await bed.applyManifest(canary('wrong').replace('targetPort: 9898', 'targetPort: grpc'));
    const refused = await bed.waitForObject(
      canaries,
      { namespace: 'wrong', name: 'podinfo' },
      (object) => acceptedOf(object) !== undefined,
    );
    expect(acceptedOf(refused)).toMatchObject({
      status: 'False',
      message: expect.stringContaining('spec.service.targetPort "grpc"'),
    });
    await bed.applyManifest(canary('wrong'));
    await bed.waitForObject(
      canaries,
      { namespace: 'wrong', name: 'podinfo' },
      (object) => acceptedOf(object)?.status === 'True',
    );
    await until('wrong', 'Initialized');
  });

  it('[cli-40] can be waited for with kubectl', async () => {
    const args = ['wait', 'canary/podinfo', '-n', 'promoted', '--for=condition=promoted', '--timeout=10s'];
    expect((await bed.kubectl(args)).stdout).toBe('canary.flagger.app/podinfo condition met\n');
  });

  it('ends with code 0 when it is asked to', async () => {
    await serin.stop(10_000);
    expect(await serin.exited).toBe('exit code 0');
  });

  it('[cli-40] is shown by kubectl as the original is', async () => {
    await bed.createNamespace('shown');
    await bed.applyManifest(canary('shown', { analysis: 'stepWeights: [5,15]' }));
    const status = {
      phase: 'Progressing',
      canaryWeight: 15,
      failedChecks: 1,
      iterations: 0,
      lastTransitionTime: '2019-06-30T14:05:07Z',
    };
    const path = `${pathOf(canaries, { namespace: 'shown', name: 'podinfo' })}/status`;
    expect((await bed.api.call('PATCH', path, { body: { status } })).status).toBe(200);
    const table = async (...how: string[]): Promise<string> =>
      (await bed.kubectl(['get', 'canaries', '-n', 'shown', ...how])).stdout;
    expect(await table()).toBe(
      'NAME      STATUS        WEIGHT   LASTTRANSITIONTIME\npodinfo   Progressing   15       2019-06-30T14:05:07Z\n',
    );
    const wide = (await table('-o', 'wide')).trimEnd().split('\n');
    expect(wide.map((line) => line.trimEnd().split(/ {2,}/))).toEqual([
      // The original's columns between the weight and the time.
      [
        'NAME',
        'STATUS',
        'WEIGHT',
        'SUSPENDED',
        'FAILEDCHECKS',
        'INTERVAL',
        'MIRROR',
        'STEPWEIGHT',
        'STEPWEIGHTS',
        'MAXWEIGHT',
        'LASTTRANSITIONTIME',
      ],
      ['podinfo', 'Progressing', '15', '1', '1s', '[5,15]', '2019-06-30T14:05:07Z'],
    ]);
  });
});

interface Accepted {
  readonly type: string;
  readonly status: string;
  readonly message: string;
}

function acceptedOf(object: KubeObject): Accepted | undefined {
  const { conditions } = (object['status'] ?? {}) as { conditions?: Accepted[] }; // of a Canary
  return conditions?.find(({ type }) => type === 'Accepted');
}
