/** The Canary's strategies and targets with real traffic: real Pods behind a real gateway, judged by a real Prometheus, and counted from the client's side. */
import { connect, createServer, type Server } from 'node:net';
import type { KubeObject } from '#api/kubernetes.ts';
import type { Workload } from '#api/workload.ts';
import { canaries, deployments, events, horizontalPodAutoscalers } from '#cluster/resource.ts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type LoyalUser, loyalUsers } from './loyal-users.ts';
import { type CanaryStage, faulty, startCanaryStage, statusOf } from './canary-stage.ts';

// All of them at once.
vi.setConfig({ maxConcurrency: 20 });

// Each test has its own workload, host and clients; together they take no longer than one, and the controller has them all at once.
describe.concurrent('Canary under load', () => {
  let stage: CanaryStage;

  beforeAll(async () => {
    stage = await startCanaryStage();
  });
  afterAll(() => stage?.stop());

  it('takes over a running app and promotes its next version without losing a request', async () => {
    const shop = await stage.open('promoted');
    await shop.deliver({ analysis: 'stepWeights: [20, 50]' });
    await shop.setVersion('2.0.0');
    await shop.until('Succeeded');
    const { failed, byVersion } = await shop.close();
    expect(failed).toEqual([]);
    expect(Object.keys(byVersion).toSorted()).toEqual(['1.0.0', '2.0.0']);
    expect(await shop.versionsServed()).toEqual(['2.0.0']);
    const told = await shop.messages();
    for (const weight of [20, 50]) expect(told).toContain(`Advance podinfo.promoted canary weight ${weight}`);
  });

  it('rolls back a version that fails, and loses no request but those which that version has answered so', async () => {
    const shop = await stage.open('failed');
    await shop.deliver({ analysis: 'stepWeights: [20, 50]' });
    await shop.setVersion(faulty);
    await shop.until('Failed');
    const { failed } = await shop.close();
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.filter(({ version, reason }) => version !== faulty || reason !== 'status 500')).toEqual([]);
    expect(await shop.versionsServed()).toEqual(['1.0.0']);
    const told = await shop.messages();
    expect(told).toContainEqual(
      expect.stringMatching(/^Halt podinfo\.failed advancement success rate \d\d\.\d\d% < 99%$/),
    );
    expect(told).toContain('Rolling back podinfo.failed failed checks threshold reached 2');
  });

  it('tests Blue/Green behind the cluster IP without losing a request', async () => {
    const shop = await stage.open('bluegreen', { through: 'cluster IP' });
    await shop.deliver({ analysis: 'iterations: 2' });
    await shop.setVersion('2.0.0');
    await shop.until('Succeeded');
    const { failed, byVersion } = await shop.close();
    expect(failed).toEqual([]);
    expect(Object.keys(byVersion).toSorted()).toEqual(['1.0.0', '2.0.0']);
  });

  it('tests Blue/Green behind the gateway while users stay with the old version, then moves them all at once', async () => {
    const shop = await stage.open('moved');
    await shop.deliver({ analysis: 'iterations: 2' });
    await shop.setVersion('2.0.0');
    await shop.told('Advance podinfo.moved canary iteration 1/2');
    expect(Object.keys(shop.users.report().byVersion)).toEqual(['1.0.0']);
    await shop.told('Routing all traffic to canary');
    await shop.until('Succeeded');
    const { failed, byVersion } = await shop.close();
    expect(failed).toEqual([]);
    expect(Object.keys(byVersion).toSorted()).toEqual(['1.0.0', '2.0.0']);
    expect(await shop.versionsServed()).toEqual(['2.0.0']);
  });

  it('gives the new version to those alone who ask for it, while it is tested A/B', async () => {
    const shop = await stage.open('insiders');
    const insiders = shop.clients({ 'x-user': 'insider' });
    await shop.deliver({ analysis: 'iterations: 3', match: '[{headers: {x-user: {exact: insider}}}]' });
    await shop.setVersion('2.0.0');
    await shop.told('Advance podinfo.insiders canary iteration 1/3');
    await stage.bed.waitFor('the gateway to follow', () => (insiders.report().byVersion['2.0.0'] ?? 0) > 0);
    insiders.reset();
    await shop.told('Advance podinfo.insiders canary iteration 3/3');
    expect(Object.keys(insiders.report().byVersion)).toEqual(['2.0.0']);
    expect(Object.keys(shop.users.report().byVersion)).toEqual(['1.0.0']);
    await shop.until('Succeeded');
    const { failed } = await shop.close();
    expect(failed).toEqual([]);
    expect(Object.keys(insiders.report().byVersion)).toEqual(['2.0.0']);
    expect(await shop.versionsServed()).toEqual(['2.0.0']);
  });

  it('keeps everyone who has seen the new version with it, by a cookie that goes with the test', async () => {
    const shop = await stage.open('sticky');
    const people = loyalUsers({ url: stage.gateway.url, host: shop.host, count: 12 });
    await shop.deliver({ analysis: 'stepWeights: [20, 50]', affinity: '{cookieName: variant, maxAge: 300}' });
    await shop.setVersion('2.0.0');
    const hasSwitched = ({ versions }: LoyalUser): boolean => versions.at(-1) === '2.0.0';
    await stage.bed.waitFor('someone to see the new version', () => people.all.some(hasSwitched), 60_000);
    expect(people.all.every(hasSwitched)).toBe(false);
    await shop.until('Succeeded');
    await stage.bed.waitFor('the cookies to go', () => people.all.every(({ cookies }) => cookies.size === 0));
    await people.stop();
    for (const { versions, failures } of people.all) {
      expect(failures).toEqual([]);
      // Once with the new version, never again with the old one.
      expect(versions).toEqual(versions.toSorted());
      expect(versions.at(-1)).toBe('2.0.0');
    }
    expect((await shop.close()).failed).toEqual([]);
  });

  it('delivers a DaemonSet, which is parked by its nodes, without losing a request', async () => {
    const shop = await stage.open('daemons', { kind: 'DaemonSet' });
    await shop.deliver({ analysis: 'stepWeights: [20, 50]' });
    await shop.setVersion('2.0.0');
    await shop.until('Succeeded');
    const { failed, byVersion } = await shop.close();
    expect(failed).toEqual([]);
    expect(Object.keys(byVersion).toSorted()).toEqual(['1.0.0', '2.0.0']);
    expect(await shop.versionsServed()).toEqual(['2.0.0']);
  });

  it('leaves the number of pods to the autoscalers of both sides, and loses no request', async () => {
    const { bed } = stage;
    const shop = await stage.open('scaled');
    const { namespace } = shop;
    const scaled = async (name: string, replicas: number): Promise<void> => {
      const holds = (object: KubeObject): boolean => (object as Workload).spec.replicas === replicas; // the kind says so
      await bed.waitForObject(deployments, { namespace, name }, holds);
    };
    await bed.applyManifest([autoscaler(namespace)]);
    await shop.deliver({
      analysis: 'stepWeights: [10, 20, 30]',
      more: 'autoscalerRef: {apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, name: podinfo}',
    });
    // There are no metrics in the bed: a real autoscaler acts on its bounds alone.
    await bed.patch(horizontalPodAutoscalers, { namespace, name: 'podinfo-primary' }, { spec: { minReplicas: 4 } });
    await scaled('podinfo-primary', 4);
    await shop.setVersion('2.0.0');
    await shop.told('Advance podinfo.scaled canary weight 10');
    await bed.patch(horizontalPodAutoscalers, { namespace, name: 'podinfo' }, { spec: { minReplicas: 3 } });
    await scaled('podinfo', 3);
    await shop.until('Succeeded');
    const { failed, byVersion } = await shop.close();
    expect(failed).toEqual([]);
    expect(Object.keys(byVersion).toSorted()).toEqual(['1.0.0', '2.0.0']);
    await scaled('podinfo-primary', 4);
    const primary = await bed.get(horizontalPodAutoscalers, { namespace, name: 'podinfo-primary' });
    expect(primary?.['spec']).toMatchObject({ minReplicas: 3, maxReplicas: 5 });
  });

  it('initialises while its Prometheus is down, says so once, and goes on when it is back', async () => {
    const { bed } = stage;
    const shop = await stage.open('unmeasured');
    const { namespace } = shop;
    const address = bed.freeAddress();
    const metricsServer = `http://${address}:9090`;
    await shop.deliver({ analysis: 'stepWeights: [50]', metric: 'onProviderError: hold', metricsServer });
    await shop.setVersion('2.0.0');
    await bed.waitForObject(canaries, { namespace, name: 'podinfo' }, (object) => 'held' in statusOf(object), 60_000);
    const back = await forward(address, bed.prometheus?.url ?? '');
    await shop.until('Succeeded');
    back.close();
    const { failed } = await shop.close();
    expect(failed).toEqual([]);
    const warnings = (await bed.list(events, namespace)).filter(({ type }) => type === 'Warning');
    const about = (text: string): KubeObject[] => warnings.filter(({ message }) => String(message).startsWith(text));
    expect(about('Error checking metric providers: prometheus not avaiable')).toHaveLength(1);
    expect(about('Hold podinfo.unmeasured at its weight')).toMatchObject([{ count: 1 }]);
  });
});

function autoscaler(namespace: string): KubeObject {
  const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 99 } } };
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'podinfo', namespace },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
      minReplicas: 2,
      maxReplicas: 5,
      metrics: [cpu],
    },
  };
}

/** Makes `address` lead to another server: a Prometheus that was down and comes back. */
async function forward(address: string, url: string): Promise<Server> {
  const { hostname: host, port } = new URL(url);
  const server = createServer((client) => {
    const upstream = connect({ host, port: Number(port) });
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => {
    server.listen(Number(port), address, resolve);
  });
  return server;
}
