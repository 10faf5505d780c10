/** References of a Canary to what is not there, as a table: the user is told, no traffic moves, and all is well once it is there. */
import { describe, expect, it } from 'vitest';
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import {
  alertProviders,
  canaries,
  deployments,
  horizontalPodAutoscalers,
  httpRoutes,
  metricTemplates,
  secrets,
} from '#cluster/resource.ts';
import { canaryWorld, initialised, withNewImage, type CanaryWorld, type Fixture } from './canary-world.ts';

type Json = Readonly<Record<string, unknown>>;

const namespace = 'default';

const acceptedOf = (world: CanaryWorld): Json | undefined =>
  ((world.status()['conditions'] ?? []) as readonly Json[]).find(({ type }) => type === 'Accepted'); // a Canary's

const template = (provider: Json): KubeObject => ({
  apiVersion: 'flagger.app/v1beta1',
  kind: 'MetricTemplate',
  metadata: { name: 'm', namespace },
  spec: {
    provider: { type: 'prometheus', address: 'http://metrics.sandbox', ...provider },
    query: 'sum(x{status!~"5.*"})',
  },
});

const login: KubeObject = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'login', namespace },
  data: { token: 'dA==' },
};

const autoscaler: KubeObject = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'podinfo', namespace },
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' }, maxReplicas: 2 },
};

const chat: KubeObject = {
  apiVersion: 'flagger.app/v1beta1',
  kind: 'AlertProvider',
  metadata: { name: 'chat', namespace },
  spec: { type: 'slack', address: 'http://hooks.sandbox/chat' },
};

const byTemplate = { analysis: { metrics: [{ name: 'm', templateRef: { name: 'm' }, thresholdRange: { min: 99 } }] } };

interface Missing {
  readonly what: string;
  readonly spec: Json;
  readonly objects?: Fixture['objects'];
  readonly missing: readonly [Resource, KubeObject];
  /** The newest Warning of each tick. */
  readonly event?: string;
  /** The condition. */
  readonly told?: string;
  /** The run goes on without it. */
  readonly goesOn?: boolean;
  readonly failedChecks?: number;
}

const table: readonly Missing[] = [
  {
    what: 'template of a metric',
    spec: byTemplate,
    missing: [metricTemplates, template({})],
    event: 'Metric template m.default error: metrictemplate.flagger.app "m" not found',
    told: 'spec.analysis.metrics[0].templateRef.name "m": there is no such MetricTemplate in namespace "default"',
    failedChecks: 3,
  },
  {
    what: 'Secret of a template',
    spec: byTemplate,
    objects: [[metricTemplates, template({ secretRef: { name: 'login' } })]],
    missing: [secrets, login],
    event: 'Metric template m.default secret login error: secrets "login" not found',
    failedChecks: 3,
  },
  {
    what: 'HorizontalPodAutoscaler',
    spec: { autoscalerRef: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'podinfo' } },
    missing: [horizontalPodAutoscalers, autoscaler],
    event:
      'HorizontalPodAutoscaler podinfo.default get query error: horizontalpodautoscalers.autoscaling "podinfo" not found',
    failedChecks: 0,
  },
  {
    what: 'AlertProvider',
    spec: { analysis: { alerts: [{ name: 'a', severity: 'info', providerRef: { name: 'chat' } }] } },
    missing: [alertProviders, chat],
    told: 'spec.analysis.alerts[0].providerRef.name "chat": there is no such AlertProvider in namespace "default"',
    goesOn: true,
  },
];

describe('what a Canary refers to and is missing', () => {
  it.each(table)('$what: is told, and a run goes on once it is there', async (row) => {
    const world = await withNewImage(row.objects === undefined ? {} : { objects: row.objects });
    await world.ticks(3);
    expect(world.weights()).toEqual({ primary: 80, canary: 20 });
    world.change(canaries, 'podinfo', { spec: row.spec });
    await world.ticks(3);
    expect(world.events()).toContain(`[W] ${row.event ?? `Cannot use ${row.told}, create it or name another`}`);
    expect(acceptedOf(world)?.['message'] ?? '').toContain(row.told ?? '');
    expect(world.weights().canary).toBe(row.goesOn === true ? 50 : 20);
    expect(world.status()).toMatchObject({ phase: 'Progressing', failedChecks: row.failedChecks ?? 0 });
    world.create(...row.missing);
    await world.until('Succeeded');
    expect(acceptedOf(world)?.['status']).not.toBe('False');
  });
});

describe('a target that is missing', () => {
  const told = 'Cannot use spec.targetRef.name "podinfo": there is no such Deployment in namespace "default"';
  const notFound = '[W] deployment podinfo.default get query error: deployments.apps "podinfo" not found';

  it('is waited for by a new Canary, without an object made', async () => {
    const world = await canaryWorld({ deployment: 'none' });
    await world.ticks(2);
    expect(world.events()).toEqual([expect.stringContaining(told), notFound, notFound, notFound]);
    expect(acceptedOf(world)).toMatchObject({ status: 'False' });
    expect(world.get(deployments, 'podinfo-primary')).toBeUndefined();
    expect(world.get(httpRoutes, 'podinfo')).toBeUndefined();
    world.create(deployments, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'podinfo', namespace },
      spec: {
        selector: { matchLabels: { app: 'podinfo' } },
        template: {
          metadata: { labels: { app: 'podinfo' } },
          spec: { containers: [{ name: 'podinfod', image: 'podinfo:1', ports: [{ containerPort: 9898 }] }] },
        },
      },
    });
    await world.until('Initialized', 4);
    expect(acceptedOf(world)).toMatchObject({ status: 'True' });
  });

  it('that goes leaves the primary serving, and is said on every tick', async () => {
    const world = await initialised();
    world.delete(deployments, 'podinfo');
    await world.ticks(3);
    expect(world.weights()).toEqual({ primary: 100, canary: 0 });
    expect(world.status().phase).toBe('Initialized');
    expect(world.events().slice(-3)).toEqual([notFound, notFound, notFound]);
    expect(world.deployment('podinfo-primary').spec.replicas).toBe(1);
  });

  it('has no label that separates it from its primary', async () => {
    const world = await canaryWorld({
      deployment: {
        spec: {
          selector: { matchLabels: { app: null, team: 'a' } },
          template: { metadata: { labels: { team: 'a' } } },
        },
      },
    });
    await world.ticks(1);
    expect(world.events().at(-1)).toBe(
      '[W] getSelectorLabel failed: deployment podinfo.default spec.selector.matchLabels must contain one of [app name app.kubernetes.io/name]',
    );
    expect(world.get(deployments, 'podinfo-primary')).toBeUndefined();
  });
});

it('a Gateway that never reports on the route holds nothing back, one that refuses it holds the run', async () => {
  const world = await canaryWorld();
  world.world.gateway.setMode('silent');
  await world.until('Initialized');
  world.setImage('podinfo:2');
  await world.ticks(3);
  expect(world.weights()).toEqual({ primary: 80, canary: 20 });
  world.world.gateway.setMode('rejects');
  await world.ticks(3);
  expect(world.weights()).toEqual({ primary: 80, canary: 20 });
  expect(world.status().failedChecks).toBe(0);
  expect(world.events().at(-1)).toMatch(
    /^\[W\] HTTPRoute podinfo\.default parent gateway is not ready \(status: False, /,
  );
  world.world.gateway.setMode('accepts');
  await world.until('Succeeded');
});

it.each(['a/b', '', '..'])('a Secret that cannot exist (%j) costs a failed check, and no more', async (name) => {
  const world = await canaryWorld({
    objects: [[metricTemplates, template({ secretRef: { name } })]],
    analysis: { stepWeight: 10, ...byTemplate.analysis },
  });
  await world.until('Initialized', 3);
  world.setImage('podinfo:2');
  await world.ticks(3);
  expect(world.events().at(-1)).toBe(`[W] Metric template m.default secret ${name} error: secrets "${name}" not found`);
  expect(world.status()).toMatchObject({ canaryWeight: 10, failedChecks: 1 });
});

it.each(['a/b', 'A_b', 'x'.repeat(80)])(
  'a name that no Service can have (%s) is told on every tick, and nothing is parked',
  async (name) => {
    const world = await canaryWorld({ spec: { service: { name } } });
    await world.ticks(2);
    expect(world.events()).toHaveLength(3);
    expect(world.events().at(-1)).toContain(`[W] service ${name}-canary.default create error: `);
    expect(world.deployment().spec.replicas).toBe(1);
  },
);

it('a status that cannot be read is kept, and told', async () => {
  const world = await initialised({ unchecked: true });
  const { lastPromotedSpec } = world.status();
  world.changeStatus(canaries, 'podinfo', { phase: 'Dreaming', from: 'elsewhere' });
  world.setImage('podinfo:2');
  await world.ticks(2);
  expect(world.status()).toMatchObject({ phase: 'Dreaming', from: 'elsewhere', lastPromotedSpec });
  expect(world.events().at(-1)).toContain('[W] Cannot use status.phase "Dreaming": it must be one of');
  expect(world.weights()).toEqual({ primary: 100, canary: 0 });
  world.changeStatus(canaries, 'podinfo', { phase: 'Initialized' });
  await world.until('Succeeded');
});
