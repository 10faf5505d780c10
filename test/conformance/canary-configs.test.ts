/** Acceptance scenarios of ConfigMaps and Secrets: which are tracked, what a change of one does, what the primary's copies hold. */
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import type { Workload } from '#api/workload.ts';
import { canaries, configMaps, deployments, secrets } from '#cluster/resource.ts';
import { canaryWorld, hook, initialised, type CanaryWorld, type Fixture } from './canary-world.ts';

type Json = Readonly<Record<string, unknown>>;

const namespace = 'default';

function configMap(name: string, data: Json | undefined, annotations: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, annotations }, ...(data && { data }) };
}

function secret(name: string, data: Json, type = 'Opaque'): KubeObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, type, data };
}

/** A target whose pods mount these ConfigMaps. */
const mounting = (...names: readonly string[]): NonNullable<Fixture['deployment']> => ({
  spec: { template: { spec: { volumes: names.map((name) => ({ name, configMap: { name } })) } } },
});

const podSpecOf = (workload: Workload): Json => workload.spec.template.spec;

describe('[canary-14] a change of a config', () => {
  const fixture: Fixture = {
    objects: [[configMaps, configMap('colors', { color: 'red' })]],
    deployment: mounting('colors'),
  };
  const paint = (world: CanaryWorld, color: string): void => world.change(configMaps, 'colors', { data: { color } });
  const copied = (world: CanaryWorld): unknown => world.get(configMaps, 'colors-primary')?.['data'];

  it('starts a run, and reaches the primary with its end', async () => {
    const world = await initialised(fixture);
    const template = world.deployment('podinfo-primary').spec.template.metadata?.annotations;
    paint(world, 'blue');
    await world.ticks(1);
    expect(world.events().at(-1)).toBe('New revision detected! Scaling up podinfo.default');
    await world.ticks(4);
    expect(copied(world)).toEqual({ color: 'red' });
    await world.until('Succeeded');
    expect(copied(world)).toEqual({ color: 'blue' });
    expect(world.deployment('podinfo-primary').spec.template.metadata?.annotations).not.toEqual(template);
    paint(world, 'green');
    await world.ticks(1);
    expect(world.status()).toMatchObject({ phase: 'Progressing' });
  });

  it('starts a run again from zero, without asking the start gate', async () => {
    const world = await initialised({
      ...fixture,
      analysis: { stepWeight: 10, maxWeight: 50, webhooks: [hook('confirm-rollout', 'gate')] },
    });
    world.setImage('podinfo:2');
    await world.ticks(2);
    expect(world.weights()).toEqual({ primary: 90, canary: 10 });
    const asked = world.calls('gate').length;
    paint(world, 'blue');
    await world.ticks(1);
    expect(world.events().at(-1)).toBe('New revision detected! Restarting analysis for podinfo.default');
    expect(world.weights()).toEqual({ primary: 100, canary: 0 });
    expect(world.status()).toMatchObject({ phase: 'Progressing', failedChecks: 0 });
    expect(world.calls('gate')).toHaveLength(asked);
    await world.until('Succeeded');
    expect(copied(world)).toEqual({ color: 'blue' });
  });

  it('leaves the copy alone when the run fails', async () => {
    const world = await initialised({ ...fixture, analysis: { stepWeight: 10, threshold: 1 } });
    paint(world, 'blue');
    await world.ticks(2);
    world.metric(50);
    await world.until('Failed');
    expect(copied(world)).toEqual({ color: 'red' });
    await world.ticks(3);
    expect(world.status().phase).toBe('Failed');
  });

  it('is none when only metadata changes', async () => {
    const world = await initialised(fixture);
    world.change(configMaps, 'colors', { metadata: { labels: { a: 'b' }, annotations: { c: 'd' } } });
    await world.ticks(3);
    expect(world.status().phase).toBe('Initialized');
  });

  it('is none with tracking switched off: the primary refers to what the target refers to', async () => {
    const world = await initialised({ ...fixture, flags: ['-enable-config-tracking=false'] });
    paint(world, 'blue');
    await world.ticks(3);
    expect(world.status()).not.toHaveProperty('trackedConfigs');
    expect(world.status().phase).toBe('Initialized');
    expect(podSpecOf(world.deployment('podinfo-primary'))['volumes']).toMatchObject([
      { configMap: { name: 'colors' } },
    ]);
    expect(copied(world)).toBeUndefined();
  });
});

describe('[canary-32] a ConfigMap that two targets share', () => {
  it('has one copy, which both own and one controls', async () => {
    const world = await initialised({
      objects: [[configMaps, configMap('colors', { color: 'red' })]],
      deployment: mounting('colors'),
    });
    const { metadata, spec } = world.deployment();
    world.create(deployments, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'other', namespace },
      spec: {
        selector: { matchLabels: { app: 'other' } },
        template: { ...spec.template, metadata: { labels: { app: 'other' } } },
      },
    });
    const canary = world.get(canaries, 'podinfo');
    world.create(canaries, {
      apiVersion: 'flagger.app/v1beta1',
      kind: 'Canary',
      metadata: { name: 'other', namespace: metadata.namespace ?? namespace },
      spec: { ...(canary?.['spec'] as Json), targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'other' } }, // a Canary's
    });
    await world.ticks(4);
    const owners = world.get(configMaps, 'colors-primary')?.metadata.ownerReferences ?? [];
    expect(owners.map(({ name, controller }) => `${name} ${String(controller)}`)).toEqual([
      'other true',
      'podinfo false',
    ]);
    world.delete(canaries, 'other');
    await world.ticks(1);
    expect(world.get(configMaps, 'colors-primary')).toBeDefined();
    world.delete(canaries, 'podinfo');
    await world.ticks(1);
    expect(world.get(configMaps, 'colors-primary')).toBeUndefined();
  });
});

describe('[canary-32] a config that is missing', () => {
  it('keeps the Canary from being initialised while it is mandatory, and says so', async () => {
    const world = await canaryWorld({ deployment: mounting('colors') });
    await world.ticks(2);
    expect(world.events().at(-1)).toBe('[W] configmap colors.default get query error: configmaps "colors" not found');
    expect(world.status().phase).toBe('Initializing');
    world.create(configMaps, configMap('colors', { color: 'red' }));
    await world.until('Initialized', 5);
  });

  it('halts a run where it is when it goes, and lets it go on when it comes back', async () => {
    const world = await initialised({
      objects: [[configMaps, configMap('colors', { color: 'red' })]],
      deployment: mounting('colors'),
    });
    world.setImage('podinfo:2');
    await world.ticks(4);
    const weights = world.weights();
    world.delete(configMaps, 'colors');
    await world.ticks(2);
    expect(world.weights()).toEqual(weights);
    expect(world.status()).toMatchObject({ phase: 'Progressing', failedChecks: 0 });
    world.create(configMaps, configMap('colors', { color: 'red' }));
    await world.until('Succeeded');
  });

  it('is tracked from the moment that it is there when it is optional', async () => {
    const volumes = [{ name: 'colors', configMap: { name: 'colors', optional: true } }];
    const world = await initialised({ deployment: { spec: { template: { spec: { volumes } } } } });
    expect(world.status()['trackedConfigs']).toEqual({});
    world.create(configMaps, configMap('colors', { color: 'red' }));
    await world.until('Succeeded');
    expect(world.status()['trackedConfigs']).toEqual({ 'configmap/colors': '241889ca0604e333' });
    const primary = podSpecOf(world.deployment('podinfo-primary'));
    expect(primary['volumes']).toMatchObject([{ configMap: { name: 'colors-primary', optional: true } }]);
  });
});

describe('[canary-32] configs of the target', () => {
  /** A reference in each place that a pod spec has for one. */
  const everywhere = {
    volumes: [
      { name: 'a', configMap: { name: 'volume' } },
      { name: 'b', secret: { secretName: 'volume' } },
      {
        name: 'c',
        projected: { sources: [{ configMap: { name: 'projected' } }, { secret: { name: 'projected' } }] },
      },
      { name: 'd', configMap: { name: 'untracked' } },
      { name: 'e', configMap: { name: 'absent', optional: true } },
      { name: 'f', secret: { secretName: 'token' } },
    ],
    initContainers: [
      {
        name: 'init',
        image: 'podinfo:1',
        env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'init', key: 'color' } } }],
        envFrom: [{ secretRef: { name: 'init' } }],
      },
    ],
    containers: [
      {
        name: 'podinfod',
        image: 'podinfo:1',
        env: [
          { name: 'A', valueFrom: { configMapKeyRef: { name: 'env', key: 'color' } } },
          { name: 'B', valueFrom: { secretKeyRef: { name: 'env', key: 'apiKey' } } },
          { name: 'C', value: 'plain' },
        ],
        envFrom: [{ configMapRef: { name: 'env-from' } }, { secretRef: { name: 'env-from' } }],
      },
    ],
  };
  const objects: Fixture['objects'] = [
    ...['volume', 'projected', 'init', 'env', 'env-from'].flatMap(
      (name) =>
        [
          [configMaps, configMap(name, { color: 'red' })],
          [secrets, secret(name, { apiKey: 'dGVzdA==' })],
        ] as const,
    ),
    [configMaps, configMap('untracked', { color: 'red' }, { 'flagger.app/config-tracking': 'disabled' })],
    [secrets, secret('token', { token: 'dGVzdA==' }, 'bootstrap.kubernetes.io/token')],
  ];
  const tracking: Fixture = { objects, deployment: { spec: { template: { spec: everywhere } } } };

  it('are copied for the primary in every place, but those that opt out, are foreign or absent', async () => {
    const world = await initialised(tracking);
    expect(podSpecOf(world.deployment('podinfo-primary'))).toMatchObject({
      volumes: [
        { configMap: { name: 'volume-primary' } },
        { secret: { secretName: 'volume-primary' } },
        {
          projected: {
            sources: [{ configMap: { name: 'projected-primary' } }, { secret: { name: 'projected-primary' } }],
          },
        },
        { configMap: { name: 'untracked' } },
        { configMap: { name: 'absent' } },
        { secret: { secretName: 'token' } },
      ],
      initContainers: [
        {
          env: [{ valueFrom: { configMapKeyRef: { name: 'init-primary' } } }],
          envFrom: [{ secretRef: { name: 'init-primary' } }],
        },
      ],
      containers: [
        {
          env: [
            { valueFrom: { configMapKeyRef: { name: 'env-primary' } } },
            { valueFrom: { secretKeyRef: { name: 'env-primary' } } },
            { value: 'plain' },
          ],
          envFrom: [{ configMapRef: { name: 'env-from-primary' } }, { secretRef: { name: 'env-from-primary' } }],
        },
      ],
    });
    for (const name of ['volume', 'projected', 'init', 'env', 'env-from']) {
      expect(world.get(configMaps, `${name}-primary`)?.['data']).toEqual({ color: 'red' });
      expect(world.get(secrets, `${name}-primary`)?.['data']).toEqual({ apiKey: 'dGVzdA==' });
    }
    for (const name of ['untracked-primary', 'absent-primary']) expect(world.get(configMaps, name)).toBeUndefined();
    expect(world.get(secrets, 'token-primary')).toBeUndefined();
  });

  it('are known by the checksums of the original', async () => {
    const world = await initialised({
      objects: [
        [configMaps, configMap('color', { color: 'red' })],
        [configMaps, configMap('empty', undefined)],
        [secrets, secret('key', { apiKey: 'dGVzdA==' })],
      ],
      deployment: {
        spec: {
          template: {
            spec: {
              volumes: [
                { name: 'a', configMap: { name: 'color' } },
                { name: 'b', configMap: { name: 'empty' } },
                { name: 'c', secret: { secretName: 'key' } },
              ],
            },
          },
        },
      },
    });
    expect(world.status()['trackedConfigs']).toEqual({
      'configmap/color': '241889ca0604e333',
      'configmap/empty': '74234e98afe7498f',
      'secret/key': '3930f0692c2295eb',
    });
  });
});
