/** What the original is known to get wrong: each test shows what Serin does in that place, as docs/compatibility.md tells it. */
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { canaries, deployments, httpRoutes, services } from '#cluster/resource.ts';
import { canaryWorld, initialised, type CanaryWorld, type Fixture } from './canary-world.ts';

function existing(object: KubeObject | undefined): KubeObject {
  if (object === undefined) throw new Error('The object does not exist');
  return object;
}

function acceptedText(world: CanaryWorld): string {
  const { conditions = [] } = world.status() as { conditions?: { type: string; message: string }[] }; // a Canary's
  return conditions.find(({ type }) => type === 'Accepted')?.message ?? '';
}

const brokenPrimary = {
  analysis: { stepWeight: 50, maxWeight: 50 },
  deployment: { spec: { progressDeadlineSeconds: 15 } },
} satisfies Fixture;

describe('traffic', () => {
  it('keeps its split when the route is repaired, and the labels of others', async () => {
    const world = await initialised();
    world.setImage('podinfo:2');
    await world.ticks(3);
    const before = world.weights();
    expect(before.canary).toBeGreaterThan(0);
    world.change(httpRoutes, 'podinfo', {
      metadata: { labels: { team: 'blue' }, annotations: { 'helm.toolkit.fluxcd.io/driftDetection': null } },
      spec: { hostnames: ['changed.example.com'] },
    });
    world.metric(50); // no step of its own
    await world.ticks(1);
    expect(world.weights()).toEqual(before);
    const { metadata, spec } = existing(world.get(httpRoutes, 'podinfo')) as KubeObject & { spec: object };
    expect(metadata).toMatchObject({
      labels: { team: 'blue' },
      annotations: { 'helm.toolkit.fluxcd.io/driftDetection': 'disabled' },
    });
    expect(spec).not.toHaveProperty('hostnames');
  });

  it('takes a path that the API server adds for no drift', async () => {
    const match = [{ headers: { b: { exact: '2' }, a: { exact: '1' } } }];
    const service = { port: 9898, gatewayRefs: [{ name: 'gateway' }], match };
    const world = await initialised({ spec: { service } });
    const before = existing(world.get(httpRoutes, 'podinfo')).metadata.resourceVersion;
    await world.ticks(5);
    expect(existing(world.get(httpRoutes, 'podinfo')).metadata.resourceVersion).toBe(before);
  });

  it('is not given to everybody when an HTTPRoute cannot say who is meant', async () => {
    const analysis = { iterations: 2, match: [{ headers: { agent: { prefix: 'Mozilla' } } }] };
    const world = await canaryWorld({ analysis });
    await world.ticks(4);
    expect(world.events().join('\n')).toContain('the Gateway API matches header "agent" by exact or regex only');
    expect(world.get(httpRoutes, 'podinfo')).toBeUndefined();
  });

  it('stays with the canary while the primary that broke has no pods, and the next version repairs it', async () => {
    const world = await initialised(brokenPrimary);
    world.setImage('podinfo:2');
    await world.until('Promoting');
    world.setImage('podinfo:bad', 'podinfo-primary');
    await world.until('Failed', 6);
    world.change(deployments, 'podinfo-primary', { spec: { strategy: { type: 'Recreate', rollingUpdate: null } } });
    await world.ticks(2);
    const serving = (): boolean => (world.deployment('podinfo-primary').status?.availableReplicas ?? 0) > 0;
    expect(serving()).toBe(false);
    let misled = 0;
    world.world.objects.subscribe(({ resource }) => {
      if (resource.kind === 'HTTPRoute' && world.weights().primary > 0 && !serving()) misled += 1;
    });
    world.setImage('podinfo:3');
    await world.until('Succeeded');
    expect(misled).toBe(0);
    expect(world.weights()).toEqual({ primary: 100, canary: 0 });
    expect(world.deployment('podinfo-primary').spec.template.spec.containers[0]?.image).toBe('podinfo:3');
  });
});

describe('a change of the target', () => {
  it('that arrives while a failed run drains is rolled out', async () => {
    const world = await initialised({ analysis: { stepWeight: 20, threshold: 1 }, flags: ['-traffic-drain=5s'] });
    world.setImage('podinfo:2');
    await world.ticks(3);
    world.metric(50);
    await world.ticks(2);
    expect(world.status()).toHaveProperty('draining');
    world.setImage('podinfo:3');
    world.metric(100);
    await world.until('Succeeded');
    expect(world.events().filter((text) => text === 'Canary failed! Scaling down podinfo.default')).toHaveLength(0);
    expect(world.events().filter((text) => text.includes('Canary failed!'))).toHaveLength(1);
    expect(world.deployment('podinfo-primary').spec.template.spec.containers[0]?.image).toBe('podinfo:3');
  });

  it('that arrives after a failed run is rolled out later when it cannot start at once', async () => {
    const world = await initialised({ analysis: { stepWeight: 50, threshold: 1 } });
    world.setImage('podinfo:2');
    await world.ticks(2);
    world.metric(50);
    await world.until('Failed');
    world.metric(100);
    world.setImage('podinfo:bad', 'podinfo-primary');
    world.setImage('podinfo:3');
    await world.ticks(2);
    expect(world.status().phase).toBe('Failed');
    world.setImage('podinfo:1', 'podinfo-primary');
    await world.until('Succeeded');
  });

  it('that means nothing starts nothing', async () => {
    const world = await initialised();
    const written = { terminationGracePeriodSeconds: 30, dnsPolicy: 'ClusterFirst', restartPolicy: 'Always' };
    world.change(deployments, 'podinfo', { spec: { template: { spec: written } } });
    await world.ticks(3);
    expect(world.status().phase).toBe('Initialized');
  });
});

describe('a run', () => {
  it('whose last step back to the primary was not written down goes on', async () => {
    const world = await initialised({ analysis: { stepWeight: 50, maxWeight: 50, stepWeightPromotion: 50 } });
    world.setImage('podinfo:2');
    await world.until('Promoting');
    const { rules } = existing(world.get(httpRoutes, 'podinfo'))['spec'] as {
      rules: { backendRefs: { name: string }[] }[];
    }; // an HTTPRoute
    const toPrimary = rules.map((rule) => ({
      ...rule,
      backendRefs: rule.backendRefs.map((ref) => ({ ...ref, weight: ref.name.endsWith('-primary') ? 100 : 0 })),
    }));
    world.change(httpRoutes, 'podinfo', { spec: { rules: toPrimary } });
    await world.until('Succeeded', 5);
    expect(world.deployment().spec.replicas).toBe(0);
  });

  it.each([
    [{ stepWeights: [] }, 'Cannot use spec.analysis.stepWeights []: give at least one weight'],
    [{ stepWeights: [20, 20] }, 'Cannot use spec.analysis.stepWeights[1] 20: it must be greater than 20'],
    [{ stepWeights: [0, 20] }, 'Cannot use spec.analysis.stepWeights[0] 0: it must be greater than 0'],
    [
      { stepWeight: 20, mirror: true },
      'Cannot use spec.analysis.mirror true: the provider "gatewayapi:v1" mirrors only with iterations: give those instead of weights, or leave mirror out',
    ],
  ])('with %j stands still as the original does, and says why', async (analysis, why) => {
    const world = await initialised({ analysis });
    world.setImage('podinfo:2');
    await world.ticks(6);
    expect(world.status().phase).toBe('Progressing');
    expect(acceptedText(world)).toBe(why);
  });

  it('is held by a metric without an answer, and says so once', async () => {
    const metrics = [{ name: 'request-success-rate', thresholdRange: { min: 99 }, onNoData: 'hold' }];
    const world = await initialised({ analysis: { stepWeight: 10, threshold: 1, metrics } });
    world.setImage('podinfo:2');
    await world.ticks(3);
    const before = world.weights();
    world.metric('empty');
    await world.ticks(4);
    expect(world.weights()).toEqual(before);
    expect(world.status()).toMatchObject({ failedChecks: 0, held: { metric: 'request-success-rate' } });
    expect(world.events().filter((text) => text.includes('Hold podinfo.default'))).toHaveLength(1);
    world.metric(100);
    await world.until('Succeeded');
    expect(world.status()).not.toHaveProperty('held');
  });

  it('that is suspended says so on every tick, as in the original', async () => {
    const world = await initialised();
    world.change(canaries, 'podinfo', { spec: { suspend: true } });
    await world.ticks(3);
    expect(world.events().filter((text) => text === 'skipping canary run as object is suspended')).toHaveLength(3);
  });
});

describe('other Canaries and their objects', () => {
  it('are not disturbed by a fraction where a whole number belongs', async () => {
    const world = await initialised();
    const spec = existing(world.get(canaries, 'podinfo'))['spec'] as object; // every Canary has one
    world.create(canaries, {
      apiVersion: 'flagger.app/v1beta1',
      kind: 'Canary',
      metadata: { name: 'odd', namespace: 'default' },
      spec: { ...spec, analysis: { interval: '10s', threshold: 1, stepWeight: 1.5 } },
    });
    world.setImage('podinfo:2');
    await world.until('Succeeded');
    expect(world.events().join('\n')).toContain('spec.analysis.stepWeight 1.5');
  });

  it('leave no gauges behind when they are deleted', async () => {
    const world = await initialised();
    const gauges = /^flagger_canary_(total|status|weight|metric_analysis)\{/m;
    expect(await world.metrics()).toMatch(gauges);
    world.delete(canaries, 'podinfo');
    await world.ticks(1);
    expect(await world.metrics()).not.toMatch(gauges);
  });

  it('are told when discovered ports collide with the port of the Service', async () => {
    const ports = [
      { name: 'http', containerPort: 9898 },
      { name: 'other', containerPort: 8080 },
    ];
    const service = { port: 8080, targetPort: 'http', portDiscovery: true, gatewayRefs: [{ name: 'gateway' }] };
    const containers = [{ name: 'podinfod', image: 'podinfo:1', ports }];
    const world = await canaryWorld({
      spec: { service },
      deployment: { spec: { template: { spec: { containers } } } },
    });
    await world.ticks(2);
    expect(world.status().phase).toBe('Initializing');
    expect(world.events().join('\n')).toContain('service podinfo-canary.default create error: ');
  });

  it('keep the node port of a Service when its port changes', async () => {
    const world = await initialised();
    const port = { name: 'http', port: 9898, targetPort: 9898, protocol: 'TCP', nodePort: 31_234 };
    world.change(services, 'podinfo', { spec: { type: 'NodePort', ports: [port] } });
    world.change(canaries, 'podinfo', { spec: { service: { port: 8080, targetPort: 9898 } } });
    await world.ticks(2);
    expect(existing(world.get(services, 'podinfo'))['spec']).toMatchObject({
      ports: [{ port: 8080, nodePort: 31_234 }],
    });
  });
});
