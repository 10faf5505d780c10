import { describe, expect, it } from 'vitest';
import { deployments, endpointSlices, pods, services } from '#cluster/resource.ts';

import { aDeployment, podTemplate, testWorld, type TestWorld, web } from '../test-world.ts';

async function running(image = 'web:1'): Promise<TestWorld> {
  const world = testWorld();
  const ports = [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }];
  const spec = { selector: { app: 'web' }, ports };
  world.apply({ apiVersion: 'v1', kind: 'Service', metadata: { ...web }, spec }, services);
  world.apply(aDeployment(image));
  await world.pass(1000);
  return world;
}

interface Endpoint {
  readonly addresses: readonly string[];
  readonly conditions: { readonly ready: boolean; readonly serving: boolean; readonly terminating: boolean };
}

function endpoints(world: TestWorld): readonly Endpoint[] {
  return Object(world.objects.list(endpointSlices)[0])['endpoints'] ?? [];
}

const ready = (world: TestWorld): boolean[] => endpoints(world).map(({ conditions }) => conditions.ready);

describe('the endpoints of a Service', () => {
  it('are the addresses and ports of its Pods', async () => {
    const world = await running();
    const [slice] = world.objects.list(endpointSlices);
    expect(slice?.metadata.labels).toMatchObject({ 'kubernetes.io/service-name': 'web' });
    expect(slice?.['ports']).toEqual([{ name: 'http', port: 8080, protocol: 'TCP' }]);
    const addresses = world.pods().map((pod) => Object(pod['status']).podIP);
    expect(endpoints(world).map((endpoint) => endpoint.addresses[0])).toEqual(addresses);
    expect(ready(world)).toEqual([true, true]);
  });

  it('follow readiness 20 ms later', async () => {
    const world = await running();
    const [pod] = world.left(pods);
    world.node.setReady({ namespace: 'default', name: pod ?? '' }, false);
    await world.pass(19);
    expect(ready(world)).toEqual([true, true]);
    await world.pass(1);
    expect(new Set(ready(world))).toEqual(new Set([false, true]));
  });

  it('are not ready while a Pod ends, and gone with it', async () => {
    const world = await running();
    world.edit(deployments, web, { replicas: 0 });
    await world.pass(1000);
    expect(endpoints(world)).toEqual([]);
    expect(world.left(endpointSlices)).toHaveLength(1);
  });

  it('change when the selector does', async () => {
    const world = await running();
    world.edit(services, web, { selector: { app: 'other' } });
    await world.pass(20);
    expect(endpoints(world)).toEqual([]);
    world.edit(services, web, { selector: { app: 'web' } });
    await world.pass(20);
    expect(ready(world)).toEqual([true, true]);
  });

  it('never lack a ready one while a Deployment rolls', async () => {
    const world = await running();
    let fewest = Infinity;
    world.objects.subscribe(({ object }) => {
      if (object.kind === 'EndpointSlice') fewest = Math.min(fewest, ready(world).filter(Boolean).length);
    });
    world.edit(deployments, web, { template: podTemplate('web:2') });
    await world.pass(2000);
    expect(fewest).toBe(2);
  });

  it('go with the Service', async () => {
    const world = await running();
    world.objects.delete(services, web);
    await world.pass(100);
    expect(world.left(endpointSlices)).toEqual([]);
  });
});
