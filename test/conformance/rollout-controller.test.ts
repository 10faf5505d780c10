/** What the Rollout controller does beside its passes: metrics, cleaning up, and saying why nothing moves. */
import { describe, expect, it } from 'vitest';
import { hashLabel, managedByAnnotation } from '#api/rollout-keys.ts';
import {
  ambassadorMappings,
  destinationRules,
  endpointSlices,
  ingresses,
  replicaSets,
  rollouts,
  services,
  targetGroupBindings,
  tcpRoutes,
} from '#cluster/resource.ts';
import type { RolloutSettings } from '#controllers/rollout/settings.ts';
import { defaultRouterOptions } from '#traffic/rollout/routers.ts';
import type { LoadBalancers } from '#traffic/rollout/load-balancers.ts';
import { blueGreen, canary, service, type Json, type Placed } from './rollout-fixture.ts';
import { rolloutProcess, type RolloutProcess } from './rollout-process.ts';

const isHealthy = (process: RolloutProcess) => (): boolean => process.status()['phase'] === 'Healthy';
const newImage: Json = { spec: { template: { spec: { containers: [{ name: 'web', image: 'web:2' }] } } } };

function selectorOf(process: RolloutProcess, name: string): Json {
  const { selector = {} } = (process.get(services, name)?.['spec'] ?? {}) as { selector?: Json }; // of a Service
  return selector;
}

const isPinned = (process: RolloutProcess, name: string): boolean => hashLabel in selectorOf(process, name);

describe('metrics', () => {
  it('[rollout-39] tell phase, pods and steps, and go 65 s after the Rollout', async () => {
    const steps = [{ setWeight: 50 }, { pause: {} }];
    const process = rolloutProcess(canary({ steps }));
    await process.until(isHealthy(process));
    process.change(rollouts, newImage);
    await process.until(() => process.status()['phase'] === 'Paused');
    await process.pass(1);
    const info = (phase: string): string =>
      `rollout_info{namespace="default",name="web",strategy="canary",traffic_router="",phase="${phase}"} 1`;
    expect(await process.metrics('rollout_info{')).toEqual([info('Paused')]);
    expect(await process.metrics('rollout_info_replicas_updated')).toEqual([
      'rollout_info_replicas_updated{namespace="default",name="web"} 1',
    ]);
    expect(await process.metrics('rollout_events_total')).toContain(
      'rollout_events_total{namespace="default",name="web",type="Normal",reason="RolloutStepCompleted"} 1',
    );
    process.changeStatus({ abort: true });
    await process.until(() => process.status()['phase'] === 'Degraded');
    expect(await process.metrics('rollout_info{')).toEqual([info('Abort')]);
    expect(await process.metrics('rollout_duration_seconds_count')).toEqual([
      'rollout_duration_seconds_count{status="Promoted"} 1',
      'rollout_duration_seconds_count{status="Aborted"} 1',
    ]);
    process.delete(rollouts);
    await process.pass(64);
    expect(await process.metrics('rollout_info{')).toEqual([]);
    expect(await process.metrics('rollout_reconcile_count')).toHaveLength(1);
    await process.pass(2);
    expect(await process.metrics('rollout_reconcile_count')).toEqual([]);
    expect(await process.metrics('rollout_events_total')).toEqual([]);
  });
});

describe('a Service', () => {
  it('selects all pods again when its Rollout is gone', async () => {
    const process = rolloutProcess(blueGreen({}));
    await process.until(isHealthy(process));
    expect(isPinned(process, 'web-active')).toBe(true);
    process.delete(rollouts);
    await process.until(() => !isPinned(process, 'web-active') && !isPinned(process, 'web-preview'), 5);
    expect(process.get(services, 'web-active')?.metadata.annotations?.[managedByAnnotation]).toBeUndefined();
    expect(selectorOf(process, 'web-active')).toEqual({ app: 'web' });
  });

  it('selects all pods again when its Rollout does not name it any more', async () => {
    const process = rolloutProcess(blueGreen({}));
    await process.until(isHealthy(process));
    process.change(rollouts, { spec: { strategy: { blueGreen: { previewService: null } } } });
    await process.until(() => !isPinned(process, 'web-preview'), 5);
    expect(isPinned(process, 'web-active')).toBe(true);
  });

  it('that names no Rollout, and that no Rollout names, loses its hash as well', async () => {
    const [, stable] = service('web-stable');
    const pinned: Placed = [
      services,
      { ...stable, spec: { ...(stable['spec'] as Json), selector: { [hashLabel]: 'old' } } },
    ];
    const process = rolloutProcess(canary({}, { objects: [pinned] }));
    await process.until(() => !isPinned(process, 'web-stable'), 5);
    expect(selectorOf(process, 'web-stable')).toEqual({});
  });

  it('of a Rollout that another controller works on is left alone', async () => {
    const process = rolloutProcess({
      ...blueGreen({}),
      metadata: { labels: { 'argo-rollouts.argoproj.io/controller-instance-id': 'other' } },
    });
    process.change(
      services,
      { metadata: { annotations: { [managedByAnnotation]: 'web' } }, spec: { selector: { [hashLabel]: 'abc' } } },
      'web-active',
    );
    process.change(services, { spec: { selector: { [hashLabel]: 'abc' } } }, 'web-preview');
    await process.pass(10);
    expect(isPinned(process, 'web-active')).toBe(true);
    expect(isPinned(process, 'web-preview')).toBe(true);
  });
});

describe('what a Rollout leaves behind', () => {
  it('[rollout-30] in a DestinationRule goes with it', async () => {
    const rules = destinationRules(defaultRouterOptions.istioApiVersion);
    const process = rolloutProcess({ ...canary({}), kinds: [rules] });
    await process.until(isHealthy(process));
    const subsets = [{ name: 'stable', labels: { app: 'web', [hashLabel]: 'abc' } }];
    const mark = { metadata: { name: 'rule', annotations: { [managedByAnnotation]: 'gone' } }, spec: { subsets } };
    process.create(rules, mark);
    await process.until(() => process.get(rules, 'rule')?.metadata.annotations?.[managedByAnnotation] === undefined, 5);
    expect(process.get(rules, 'rule')?.['spec']).toEqual({ subsets: [{ name: 'stable', labels: { app: 'web' } }] });
  });

  it('[rollout-31] in the Ingress of a load balancer goes with it', async () => {
    const process = rolloutProcess(canary({}));
    await process.until(isHealthy(process));
    const action = (canaryWeight: number): string =>
      JSON.stringify({
        Type: 'forward',
        ForwardConfig: {
          TargetGroups: [
            { ServiceName: 'c', ServicePort: '80', Weight: canaryWeight },
            { ServiceName: 's', ServicePort: '80', Weight: 100 - canaryWeight },
          ],
        },
      });
    const key = 'alb.ingress.kubernetes.io/actions.s';
    const annotations = {
      'kubernetes.io/ingress.class': 'alb',
      [key]: action(10),
      'rollouts.argoproj.io/managed-alb-annotations': JSON.stringify({ gone: [key] }),
    };
    process.create(ingresses, { metadata: { name: 'alb', annotations }, spec: { rules: [] } });
    await process.until(() => process.get(ingresses, 'alb')?.metadata.annotations?.[key] !== action(10), 5);
    expect(process.get(ingresses, 'alb')?.metadata.annotations).toEqual({
      'kubernetes.io/ingress.class': 'alb',
      [key]: JSON.stringify({
        Type: 'forward',
        ForwardConfig: { TargetGroups: [{ ServiceName: 's', ServicePort: '80', Weight: 100 }] },
      }),
    });
  });
});

describe('why nothing moves', () => {
  it('is told for a router that nobody knows', async () => {
    const services = { stableService: 'web-stable', canaryService: 'web-canary' };
    const plugins = { 'me/mine': {} };
    const objects = [service('web-stable'), service('web-canary')];
    const process = rolloutProcess(canary({ ...services, trafficRouting: { plugins } }, { objects }));
    await process.until(() => process.told('TrafficRoutingError').length > 0);
    expect(process.told('TrafficRoutingError')[0]).toBe(
      'TrafficRoutingError: failed to get traffic router plugin me/mine: unable to start plugin system: unable to find plugin (me/mine): plugin me/mine not configured in configmap',
    );
    await process.pass(60);
    expect(process.told('RolloutReconcileError')).toEqual([]);
    expect(process.status()['phase']).not.toBe('Healthy');
  });

  it('is told for a step of a plugin that nobody knows, and the step is never complete', async () => {
    const process = rolloutProcess(canary({ steps: [{ plugin: { name: 'me/step' } }] }));
    await process.until(isHealthy(process));
    process.change(rollouts, newImage);
    await process.until(() => process.told('ReconciliationError').length > 0);
    const before = process.told('ReconciliationError').length;
    expect(process.told('ReconciliationError')[0]).toBe(
      'ReconciliationError: Reconciliation failed with error: could not create step plugin at index 0 : unable to find plugin (me/step): plugin me/step not configured in configmap',
    );
    await process.pass(120);
    expect(process.status()['currentStepIndex']).toBe(0);
    expect(process.status()['phase']).toBe('Progressing');
    expect(process.told('ReconciliationError').length - before).toBe(4);
    process.changeStatus({ promoteFull: true });
    await process.until(isHealthy(process));
  });

  it('is told when passes fail over and over, once for each text', async () => {
    let refuses = true;
    const process = rolloutProcess({
      ...blueGreen({}),
      intercept: ({ method, path }) =>
        refuses && method === 'PATCH' && path.includes('/services/')
          ? { status: 500, body: { kind: 'Status', reason: 'InternalError', message: 'a webhook is down' } }
          : undefined,
    });
    await process.pass(120);
    expect(process.told('RolloutReconcileError')).toEqual([
      'RolloutReconcileError: Cannot patch services "default/web-preview": 500 InternalError: a webhook is down',
    ]);
    const failures = await process.metrics('rollout_reconcile_error');
    expect(Number(failures[0]?.split(' ').at(-1))).toBeGreaterThan(5);
    refuses = false;
    await process.until(isHealthy(process));
    await process.pass(60);
    expect(process.told('RolloutReconcileError')).toHaveLength(1);
  });
});

describe('a load balancer of AWS', () => {
  const ingress: Placed = [
    ingresses,
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        ingressClassName: 'alb',
        rules: [
          {
            http: {
              paths: [
                {
                  path: '/',
                  pathType: 'Prefix',
                  backend: { service: { name: 'web-stable', port: { name: 'use-annotation' } } },
                },
              ],
            },
          },
        ],
      },
      status: { loadBalancer: { ingress: [{ hostname: 'lb.aws' }] } },
    },
  ];
  const names = { stableService: 'web-stable', canaryService: 'web-canary' };
  const routed = (steps: readonly Json[]) =>
    canary(
      { ...names, steps, trafficRouting: { alb: { ingress: 'web', servicePort: 80 } } },
      { objects: [service('web-stable'), service('web-canary'), ingress] },
    );
  const asking = (balancers: Partial<LoadBalancers>): Pick<RolloutSettings, 'routers'> => ({
    routers: { ...defaultRouterOptions, albVerifier: { tag: 'resource', balancers: { ...aws, ...balancers } } },
  });
  const group = (service: string) => ({
    name: service,
    arn: `arn:${service}`,
    tags: { resource: `default/web-${service}:80` },
  });
  const aws: LoadBalancers = {
    find: async () => ({ name: 'lb', arn: 'arn:aws:x:loadbalancer/app/lb/1' }),
    targetGroups: async () => [group('web-canary'), group('web-stable')],
    splits: async () => [],
    targets: async () => [],
  };

  it('is asked for the weight, and the step waits for it', async () => {
    let weight = 0;
    const splits = async () => [
      [
        { arn: 'arn:web-canary', weight },
        { arn: 'arn:web-stable', weight: 100 - weight },
      ],
    ];
    const process = rolloutProcess({
      ...routed([{ setWeight: 20 }, { pause: {} }]),
      settings: { ...asking({ splits }), verifyAgainIn: 3_000 },
    });
    await process.until(isHealthy(process));
    process.change(rollouts, newImage);
    await process.until(() => process.told('TargetGroupUnverified').length > 1);
    expect(process.told('TargetGroupUnverified')[0]).toBe(
      'TargetGroupUnverified: Service web-canary (TargetGroup arn:web-canary) not verified: canary weight 20 not yet set (current: 0)',
    );
    expect(process.status()['currentStepIndex']).toBe(0);
    weight = 20;
    await process.until(() => process.status()['phase'] === 'Paused', 4);
    expect(process.told('TargetGroupVerified')).toContain(
      'TargetGroupVerified: Service web-canary (TargetGroup arn:web-canary) verified: canary weight 20 set',
    );
    const balancer = {
      loadBalancer: { name: 'lb', arn: 'arn:aws:x:loadbalancer/app/lb/1', fullName: 'app/lb/1' },
      canaryTargetGroup: expect.objectContaining({ name: 'web-canary' }) as Json,
      stableTargetGroup: expect.objectContaining({ name: 'web-stable' }) as Json,
      ingress: 'web',
    };
    expect(process.status()).toMatchObject({ alb: balancer, albs: [balancer] });
  });

  it('that does not answer is told of', async () => {
    const splits = () => Promise.reject(new Error('AWS refuses DescribeRules: AccessDenied'));
    const process = rolloutProcess({ ...routed([{ setWeight: 20 }, { pause: {} }]), settings: asking({ splits }) });
    await process.until(isHealthy(process));
    process.change(rollouts, newImage);
    await process.until(() => process.told('WeightVerifyError').length > 0);
    expect(process.told('WeightVerifyError')[0]).toBe(
      'WeightVerifyError: Failed to verify weight: AWS refuses DescribeRules: AccessDenied',
    );
    expect(process.told('TargetGroupVerifyError')[0]).toBe(
      'TargetGroupVerifyError: AWS refuses DescribeRules: AccessDenied',
    );
  });

  it('must know the pods of the active Service before a Blue/Green update is over', async () => {
    const bindings = targetGroupBindings('elbv2.k8s.aws/v1beta1');
    let knows = true;
    const targets = async (): Promise<readonly string[]> => (knows ? addresses() : []);
    const process = rolloutProcess({ ...blueGreen({}), kinds: [bindings], settings: asking({ targets }) });
    const addresses = (): readonly string[] =>
      process
        .list(endpointSlices)
        .flatMap(({ endpoints = [] }) => (endpoints as { addresses: string[] }[]).flatMap(({ addresses: all }) => all)) // of a slice
        .map((address) => `${address}:8080`);
    const serviceRef = { name: 'web-active', port: 80 };
    const spec = { serviceRef, targetType: 'ip', targetGroupARN: 'arn:group' };
    process.create(bindings, { metadata: { name: 'active' }, spec });
    await process.until(isHealthy(process));
    const first = process.status()['stableRS'];
    knows = false;
    process.change(rollouts, newImage);
    await process.until(() => process.told('TargetGroupUnverified').length > 1);
    expect(process.told('TargetGroupUnverified').at(-1)).toBe(
      'TargetGroupUnverified: Service web-active (TargetGroup arn:group) not verified: 0/2 endpoints registered',
    );
    expect(process.status()['stableRS']).toBe(first);
    knows = true;
    await process.until(() => process.status()['stableRS'] !== first, 11);
    expect(process.told('TargetGroupVerified').at(-1)).toBe(
      'TargetGroupVerified: Service web-active (TargetGroup arn:group) verified: 2 endpoints registered',
    );
  });
});

describe('ReplicaSets', () => {
  it('without an owner are taken over by the Rollout whose selector means them', async () => {
    const process = rolloutProcess(canary({}));
    await process.until(isHealthy(process));
    const { currentPodHash } = process.status();
    const name = `web-${String(currentPodHash)}`;
    process.change(replicaSets, { metadata: { ownerReferences: null } }, name);
    await process.until(() => process.get(replicaSets, name)?.metadata.ownerReferences?.[0]?.name === 'web', 5);
    expect(process.status()['stableRS']).toBe(currentPodHash);
  });

  it('that the selector does not mean any more are let go', async () => {
    const process = rolloutProcess(canary({}));
    await process.until(isHealthy(process));
    const name = `web-${String(process.status()['currentPodHash'])}`;
    process.change(replicaSets, { metadata: { labels: { app: 'other' } } }, name);
    await process.until(() => process.get(replicaSets, name)?.metadata.ownerReferences === undefined, 5);
    expect(process.get(replicaSets, name)?.metadata.name).toBe(name);
  });
});

it('finds TCPRoutes in the version that the cluster serves', async () => {
  const kind = tcpRoutes('v1');
  const backendRefs = ['web-stable', 'web-canary'].map((name) => ({ name, port: 80 }));
  const route: Placed = [
    kind,
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: kind.kind,
      metadata: { name: 'web', namespace: 'default' },
      spec: { rules: [{ backendRefs }] },
    },
  ];
  const trafficRouting = { plugins: { 'argoproj-labs/gatewayAPI': { tcpRoute: 'web', namespace: 'default' } } };
  const names = { stableService: 'web-stable', canaryService: 'web-canary' };
  const process = rolloutProcess({
    ...canary(
      { ...names, trafficRouting, steps: [{ setWeight: 50 }, { pause: {} }] },
      { objects: [service('web-stable'), service('web-canary'), route] },
    ),
    kinds: [kind],
  });
  await process.until(isHealthy(process));
  process.change(rollouts, newImage);
  await process.until(() => process.status()['phase'] === 'Paused');
  expect(process.get(kind)?.['spec']).toMatchObject({ rules: [{ backendRefs: [{ weight: 50 }, { weight: 50 }] }] });
});

it('gives Ambassador its time before the Mapping of the canary goes', async () => {
  const kind = ambassadorMappings('getambassador.io', 'v2');
  const mapping: Placed = [
    kind,
    {
      apiVersion: 'getambassador.io/v2',
      kind: kind.kind,
      metadata: { name: 'web', namespace: 'default' },
      spec: { service: 'web-stable:80' },
    },
  ];
  const names = { stableService: 'web-stable', canaryService: 'web-canary' };
  const process = rolloutProcess({
    ...canary(
      { ...names, trafficRouting: { ambassador: { mappings: ['web'] } }, steps: [{ setWeight: 50 }, { pause: {} }] },
      { objects: [service('web-stable'), service('web-canary'), mapping] },
    ),
    kinds: [kind],
  });
  const weight = (): unknown => (process.get(kind, 'web-canary')?.['spec'] as { weight?: number } | undefined)?.weight; // of a Mapping
  await process.until(isHealthy(process));
  process.change(rollouts, newImage);
  await process.until(() => process.status()['phase'] === 'Paused');
  expect(weight()).toBe(50);
  process.changeStatus({ abort: true });
  await process.until(() => weight() === 0, 5);
  await process.pass(4);
  expect(weight()).toBe(0);
  await process.pass(2);
  expect(process.get(kind, 'web-canary')).toBeUndefined();
});
