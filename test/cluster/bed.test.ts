/** The test bed itself: without it nothing else in this folder says anything. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { isRecord } from '#cluster/kube-object.ts';
import { deployments, pods, services } from '#cluster/resource.ts';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';

import { type Bed, startBed } from '../bed/bed.ts';
import { podinfo } from '../bed/podinfo.ts';
import { serviceOf, workload } from '../bed/workload.ts';

const namespace = 'bed';
const jobs: Resource = { group: 'batch', version: 'v1', plural: 'jobs', kind: 'Job', namespaced: true };

/** A workload and its Service. */
function app(name: string, image: string, replicas = 2): KubeObject[] {
  return [workload({ namespace, name, image, replicas, lingering: 1 }), serviceOf({ namespace, name })];
}

describe('test bed', () => {
  let bed: Bed;

  beforeAll(async () => {
    const began = performance.now();
    bed = await startBed({ images: { podinfo } });
    console.log(`Test bed started in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    await bed.createNamespace(namespace);
  });
  afterAll(() => bed?.stop());

  const statusWhenReady = async (name: string, count: number): Promise<unknown> => {
    const isReady = ({ status }: KubeObject): boolean => isRecord(status) && status['readyReplicas'] === count;
    return (await bed.waitForObject(deployments, { namespace, name }, isReady))['status'];
  };

  it('answers with the version that it was built from', async () => {
    const { body } = await bed.api.call('GET', '/version');
    expect(body).toMatchObject({ gitVersion: 'v1.35.4', minor: '35' });
  });

  it('makes the Pods of a Deployment ready, as data', async () => {
    await bed.applyManifest(app('data', 'example/data:1', 3));
    expect(await statusWhenReady('data', 3)).toMatchObject({ replicas: 3 });
  });

  it('keeps Pods with the image tag "bad" from being ready', async () => {
    await bed.applyManifest(app('unready', 'example/data:bad', 1));
    const unready = await bed.waitFor('a running Pod', async () => {
      const found = (await bed.list(pods, namespace)).find(({ metadata }) => metadata.name.startsWith('unready-'));
      return isRecord(found?.['status']) && found['status']['phase'] === 'Running' && found;
    });
    expect(unready['status']).toMatchObject({ containerStatuses: [{ ready: false }] });
  });

  it('leads a Service, by name and by address, to real processes and ends them cleanly', async () => {
    await bed.applyManifest(app('podinfo', 'podinfo:6.0.1'));
    expect(await statusWhenReady('podinfo', 2)).toMatchObject({ replicas: 2 });
    const service = await bed.get(services, { namespace, name: 'podinfo' });
    const { clusterIP } = z.object({ clusterIP: z.string() }).parse(service?.['spec']);
    for (const host of [`podinfo.${namespace}`, `podinfo.${namespace}.svc.cluster.local`, clusterIP]) {
      const { statusCode, body } = await request(`http://${host}/`);
      expect(statusCode).toBe(200);
      expect(await body.json()).toMatchObject({ message: '6.0.1' });
    }
    expect(bed.node.running()).toHaveLength(2);
    await bed.patch(deployments, { namespace, name: 'podinfo' }, { spec: { replicas: 0 } });
    await bed.waitFor('the Pods to be gone', async () => {
      const left = (await bed.list(pods, namespace)).filter(({ metadata }) => metadata.name.startsWith('podinfo-'));
      return left.length === 0 && bed.node.running().length === 0;
    });
  });

  it('runs the command of a Job', async () => {
    const container = { name: 'task', image: 'example/task:1', command: ['sh', '-c'], args: ['exit $CODE'] };
    const job = (name: string, code: string): KubeObject => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name, namespace },
      spec: {
        backoffLimit: 0,
        template: {
          spec: { restartPolicy: 'Never', containers: [{ ...container, env: [{ name: 'CODE', value: code }] }] },
        },
      },
    });
    await bed.applyManifest([job('good', '0'), job('wrong', '3')]);
    const ended = (name: string, count: 'succeeded' | 'failed'): Promise<KubeObject> =>
      bed.waitForObject(jobs, { namespace, name }, ({ status }) => isRecord(status) && status[count] === 1);
    expect((await ended('good', 'succeeded'))['status']).not.toHaveProperty('failed');
    expect((await ended('wrong', 'failed'))['status']).not.toHaveProperty('succeeded');
  });

  it('counts the requests of each user in the audit log', async () => {
    const mark = bed.audit.mark();
    await bed.kubectl(['get', 'deployments', '-n', namespace]);
    await bed.waitFor('the audit log', () => bed.audit.requestsBy('kubectl', mark).by['list deployments.apps'] === 1);
    expect(bed.audit.requestsBy('player', mark).total).toBe(0);
  });

  it('goes on after a restart of the API server', async () => {
    await bed.restartApiServer();
    await bed.applyManifest(app('after', 'example/data:1', 1));
    expect(await statusWhenReady('after', 1)).toMatchObject({ replicas: 1 });
  });
});
