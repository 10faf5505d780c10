/** Acceptance scenarios of the three Services around a Canary: drift, Services of the user, ports. */
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { canaries, services } from '#cluster/resource.ts';
import { initialised, type CanaryWorld } from './canary-world.ts';

type Json = Readonly<Record<string, unknown>>;

const namespace = 'default';

const specOf = (object: KubeObject | undefined): Json => object?.['spec'] as Json; // a Service has one

describe('[canary-29] a generated Service that somebody changes', () => {
  const drift = (world: CanaryWorld): void => {
    const ports = [{ name: 'web', port: 9898, targetPort: 9898, protocol: 'TCP' }];
    world.change(services, 'podinfo-canary', { metadata: { annotations: { x: '1', y: '1' } }, spec: { ports } });
  };
  const guards = {
    'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
    'helm.toolkit.fluxcd.io/driftDetection': 'disabled',
  };

  it('is what it was after the next tick', async () => {
    const world = await initialised();
    drift(world);
    await world.ticks(1);
    const service = world.get(services, 'podinfo-canary');
    expect(service?.metadata).toMatchObject({ labels: { app: 'podinfo-canary' } });
    expect(service?.metadata.annotations).toEqual(guards);
    expect(specOf(service)).toMatchObject({ ports: [{ name: 'http', port: 9898 }] });
  });

  it('[integrations-3] keeps the keys that are not managed', async () => {
    const world = await initialised({
      spec: { service: { unmanagedMetadata: { annotations: ['x'], labels: ['l'] } } },
    });
    drift(world);
    world.change(services, 'podinfo-canary', { metadata: { labels: { l: '1', m: '1' } } });
    await world.ticks(1);
    const { annotations, labels } = world.get(services, 'podinfo-canary')?.metadata ?? {};
    expect(annotations).toEqual({ ...guards, x: '1' });
    expect(labels).toEqual({ app: 'podinfo-canary', l: '1' });
  });

  it('is selected as before when its selector is taken from it', async () => {
    const world = await initialised();
    world.change(services, 'podinfo-primary', { spec: { selector: { app: 'podinfo', wrong: 'yes' } } });
    await world.ticks(1);
    expect(specOf(world.get(services, 'podinfo-primary'))['selector']).toEqual({ app: 'podinfo-primary' });
  });

  it('comes back when it is deleted', async () => {
    const world = await initialised();
    world.delete(services, 'podinfo-canary');
    world.delete(services, 'podinfo');
    await world.ticks(1);
    expect(specOf(world.get(services, 'podinfo-canary'))['selector']).toEqual({ app: 'podinfo' });
    expect(specOf(world.get(services, 'podinfo'))['selector']).toEqual({ app: 'podinfo-primary' });
  });
});

describe('Services', () => {
  it('[integrations-1] are three, owned by the Canary', async () => {
    const world = await initialised();
    const selectors = { podinfo: 'podinfo-primary', 'podinfo-primary': 'podinfo-primary', 'podinfo-canary': 'podinfo' };
    for (const [name, app] of Object.entries(selectors)) {
      const service = world.get(services, name);
      expect(service?.metadata).toMatchObject({
        labels: { app: name },
        annotations: {
          'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
          'helm.toolkit.fluxcd.io/driftDetection': 'disabled',
        },
        ownerReferences: [{ kind: 'Canary', name: 'podinfo', controller: true }],
      });
      expect(specOf(service)).toMatchObject({
        type: 'ClusterIP',
        selector: { app },
        ports: [{ name: 'http', protocol: 'TCP', port: 9898, targetPort: 9898 }],
      });
    }
  });

  it('[canary-31] have the ports of the containers with portDiscovery', async () => {
    const containers = [
      { name: 'istio-proxy', image: 'proxy:1', ports: [{ containerPort: 15001 }] },
      {
        name: 'podinfo',
        image: 'podinfo:1',
        ports: [
          { name: 'http', containerPort: 9898 },
          { name: 'http-metrics', containerPort: 8080 },
          { containerPort: 8888 },
        ],
      },
    ];
    const world = await initialised({
      spec: { service: { portDiscovery: true } },
      deployment: { spec: { template: { spec: { containers } } } },
    });
    for (const name of ['podinfo', 'podinfo-primary', 'podinfo-canary']) {
      const { ports } = specOf(world.get(services, name)) as { ports: { name: string; port: number }[] }; // a Service
      expect(ports.map((port) => `${port.name} ${port.port}`).toSorted()).toEqual([
        'http 9898',
        'http-metrics 8080',
        'tcp-podinfo-2 8888',
      ]);
    }
  });

  const usersService = (more: Json = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'podinfo', namespace, labels: { team: 'a' } },
    spec: {
      type: 'LoadBalancer',
      selector: { app: 'podinfo' },
      ports: [{ name: 'http', port: 9898, targetPort: 9898, nodePort: 31_000 }],
      ...more,
    },
  });

  it('[canary-30] [integrations-2] that were there before stay their user’s, but for selector and ports', async () => {
    const world = await initialised({ objects: [[services, usersService()]] });
    const service = world.get(services, 'podinfo');
    expect(specOf(service)).toMatchObject({
      type: 'LoadBalancer',
      selector: { app: 'podinfo-primary' },
      ports: [{ name: 'http', nodePort: 31_000 }],
    });
    expect(service?.metadata.ownerReferences).toBeUndefined();
    expect(service?.metadata).toMatchObject({
      labels: { team: 'a' },
      annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' },
    });
  });

  it('[integrations-2] of the user select the target again when a Canary with revertOnDeletion is deleted', async () => {
    const world = await initialised({ objects: [[services, usersService()]], spec: { revertOnDeletion: true } });
    world.delete(canaries, 'podinfo');
    await world.ticks(3);
    expect(world.get(canaries, 'podinfo')).toBeUndefined();
    expect(specOf(world.get(services, 'podinfo'))['selector']).toEqual({ app: 'podinfo' });
  });
});
