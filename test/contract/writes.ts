/** The contract of writes: versions, conflicts, generations, status, deletion. */
import { describe, expect, it } from 'vitest';
import { at, type Caller, versionOf } from './caller.ts';
import { configMap, deployment, service, widget } from './manifests.ts';

export function writesContract(call: () => Caller): void {
  describe('writes', () => {
    it('give each object an identity and each change a version', async () => {
      const { send, patch, path } = call();
      const created = await send('POST', path('v1', 'configmaps'), configMap('identity', { a: '1' }));
      expect(created.status).toBe(201);
      expect(at(created.body, 'metadata.uid')).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect(at(created.body, 'metadata.creationTimestamp')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      const changed = await patch('merge', path('v1', 'configmaps', 'identity'), { data: { b: '2' } });
      expect(Number(versionOf(changed.body))).toBeGreaterThan(Number(versionOf(created.body)));
      expect(at(changed.body, 'metadata.uid')).toBe(at(created.body, 'metadata.uid'));
    });

    it('generate names', async () => {
      const { send, path } = call();
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'made-' } };
      const { body: made } = await send('POST', path('v1', 'configmaps'), body);
      expect(at(made, 'metadata.name')).toMatch(/^made-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    });

    it('are refused for what exists, what does not, and what has moved on', async () => {
      const { send, path, patch } = call();
      const one = path('v1', 'configmaps', 'once');
      const { body: first } = await send('POST', path('v1', 'configmaps'), configMap('once'));
      expect(await send('POST', path('v1', 'configmaps'), configMap('once'))).toMatchObject({
        status: 409,
        body: { reason: 'AlreadyExists', message: 'configmaps "once" already exists' },
      });
      expect(await send('GET', path('v1', 'configmaps', 'none'))).toMatchObject({
        status: 404,
        body: {
          kind: 'Status',
          reason: 'NotFound',
          message: 'configmaps "none" not found',
          details: { name: 'none', kind: 'configmaps' },
        },
      });
      expect(await send('GET', path('apps/v1', 'deployments', 'none'))).toMatchObject({
        body: { message: 'deployments.apps "none" not found', details: { group: 'apps', kind: 'deployments' } },
      });
      await patch('merge', one, { data: { moved: 'on' } });
      const old = { ...configMap('once', { lost: 'update' }), metadata: first['metadata'] };
      const message =
        'Operation cannot be fulfilled on configmaps "once": the object has been modified; please apply your changes to the latest version and try again';
      expect(await send('PUT', one, old)).toMatchObject({ status: 409, body: { reason: 'Conflict', message } });
      const conditional = { metadata: { resourceVersion: versionOf(first) }, data: { lost: 'update' } };
      expect(await patch('merge', one, conditional)).toMatchObject({
        status: 409,
        body: { reason: 'Conflict', message },
      });
    });

    it('that change nothing keep the version', async () => {
      const { send, path, patch } = call();
      const one = path('v1', 'configmaps', 'same');
      const { body: first } = await send('POST', path('v1', 'configmaps'), configMap('same', { a: '1' }));
      const again = await patch('merge', one, { data: { a: '1' } });
      expect(versionOf(again.body)).toBe(versionOf(first));
      expect(versionOf((await send('PUT', one, first)).body)).toBe(versionOf(first));
    });

    it('raise the generation with the spec and not with the status or the labels', async () => {
      const { send, path, patch } = call();
      const one = path('contract.serin.dev/v1', 'widgets', 'generation');
      const { body: first } = await send('POST', path('contract.serin.dev/v1', 'widgets'), widget('generation'));
      expect(at(first, 'metadata.generation')).toBe(1);
      const labelled = await patch('merge', one, { metadata: { labels: { a: 'b' } } });
      expect(at(labelled.body, 'metadata.generation')).toBe(1);
      const reported = await patch('merge', `${one}/status`, { status: { ready: 1 } });
      expect(at(reported.body, 'metadata.generation')).toBe(1);
      const resized = await patch('merge', one, { spec: { size: 2 } });
      expect(at(resized.body, 'metadata.generation')).toBe(2);
      const { body: plain } = await send('POST', path('v1', 'configmaps'), configMap('generation'));
      expect(at(plain, 'metadata.generation')).toBeUndefined();
    });

    it('of a Deployment count annotations as part of the generation', async () => {
      const { send, path, patch } = call();
      const one = path('apps/v1', 'deployments', 'annotated');
      await send('POST', path('apps/v1', 'deployments'), deployment('annotated'));
      const { body } = await patch('merge', one, { metadata: { annotations: { note: 'x' } } });
      expect(at(body, 'metadata.generation')).toBeGreaterThanOrEqual(2);
    });

    it('keep spec and status apart', async () => {
      const { send, path, patch } = call();
      const one = path('contract.serin.dev/v1', 'widgets', 'halves');
      const { body: created } = await send('POST', path('contract.serin.dev/v1', 'widgets'), {
        ...widget('halves'),
        status: { ready: 9 },
      });
      expect(created['status']).toBeUndefined();
      const { body: main } = await patch('merge', one, { spec: { size: 2 }, status: { ready: 9 } });
      expect(main).toMatchObject({ spec: { size: 2 } });
      expect(main['status']).toBeUndefined();
      const { body: status } = await patch('merge', `${one}/status`, {
        metadata: { labels: { ignored: 'yes' } },
        spec: { size: 3 },
        status: { ready: 1 },
      });
      expect(status).toMatchObject({ spec: { size: 2 }, status: { ready: 1 } });
      expect(at(status, 'metadata.labels')).toBeUndefined();
    });

    it('scale by the subresource', async () => {
      const { send, path, patch } = call();
      const one = path('contract.serin.dev/v1', 'widgets', 'scaled');
      await send('POST', path('contract.serin.dev/v1', 'widgets'), widget('scaled'));
      expect(await send('GET', `${one}/scale`)).toMatchObject({
        status: 200,
        body: { kind: 'Scale', spec: { replicas: 1 } },
      });
      expect(await patch('merge', `${one}/scale`, { spec: { replicas: 4 } })).toMatchObject({
        body: { spec: { replicas: 4 } },
      });
      expect(await send('GET', one)).toMatchObject({ body: { spec: { size: 4 }, metadata: { generation: 2 } } });
    });

    it('can be tried without effect', async () => {
      const { send, path } = call();
      const query = { dryRun: 'All' };
      const tried = await send('POST', path('v1', 'configmaps'), configMap('tried'), { query });
      expect(tried.status).toBe(201);
      expect((await send('GET', path('v1', 'configmaps', 'tried'))).status).toBe(404);
    });

    it('fill in what a Deployment and a Service leave out', async () => {
      const { send, path } = call();
      const { body: web } = await send('POST', path('apps/v1', 'deployments'), deployment('defaults'));
      expect(web['spec']).toEqual({
        replicas: 0,
        selector: { matchLabels: { app: 'defaults' } },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
        template: {
          metadata: { labels: { app: 'defaults' } },
          spec: {
            containers: [
              {
                name: 'app',
                image: 'registry.test/app:1',
                ports: [{ containerPort: 80, protocol: 'TCP' }],
                resources: {},
                terminationMessagePath: '/dev/termination-log',
                terminationMessagePolicy: 'File',
                imagePullPolicy: 'IfNotPresent',
              },
            ],
            restartPolicy: 'Always',
            terminationGracePeriodSeconds: 30,
            dnsPolicy: 'ClusterFirst',
            securityContext: {},
            schedulerName: 'default-scheduler',
          },
        },
      });
      const { body: front } = await send('POST', path('v1', 'services'), service('defaults'));
      const address = at(front, 'spec.clusterIP');
      expect(address).toMatch(/^10\.96\./);
      expect(front).toMatchObject({ status: { loadBalancer: {} } });
      expect(front['spec']).toEqual({
        clusterIP: address,
        clusterIPs: [address],
        ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
        selector: { app: 'defaults' },
        internalTrafficPolicy: 'Cluster',
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
        sessionAffinity: 'None',
        type: 'ClusterIP',
      });
    });

    it.each([
      [
        'a selector that misses its template',
        'deployments',
        deployment('wrong', { selector: { matchLabels: { app: 'other' } } }),
        'Deployment.apps "wrong" is invalid: spec.template.metadata.labels: Invalid value: {"app":"wrong"}: `selector` does not match template `labels`',
      ],
      [
        'a name that is none',
        'deployments',
        { ...deployment('x'), metadata: { name: 'Not_A_Name' } },
        expect.stringContaining(
          'Deployment.apps "Not_A_Name" is invalid: metadata.name: Invalid value: "Not_A_Name": a lowercase RFC 1123 subdomain must consist of',
        ),
      ],
      [
        'no containers',
        'deployments',
        deployment('wrong', { template: { metadata: { labels: { app: 'wrong' } }, spec: { containers: [] } } }),
        'Deployment.apps "wrong" is invalid: spec.template.spec.containers: Required value',
      ],
      [
        'fewer than no replicas',
        'deployments',
        deployment('wrong', { replicas: -1 }),
        'Deployment.apps "wrong" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      ],
    ])('refuse %s', async (_what, plural, body, message) => {
      const { send, path } = call();
      expect(await send('POST', path('apps/v1', plural), body)).toMatchObject({
        status: 422,
        body: { reason: 'Invalid', message },
      });
    });

    it('refuse to change a selector', async () => {
      const { send, path, patch } = call();
      await send('POST', path('apps/v1', 'deployments'), deployment('fixed'));
      const labels = { app: 'fixed', more: 'x' };
      const spec = { selector: { matchLabels: labels }, template: { metadata: { labels } } };
      expect(await patch('merge', path('apps/v1', 'deployments', 'fixed'), { spec })).toMatchObject({
        status: 422,
        body: {
          message:
            'Deployment.apps "fixed" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"fixed","more":"x"}}: field is immutable',
        },
      });
    });
  });

  describe('deletion', () => {
    it('answers with a status, and only of the object that was meant', async () => {
      const { send, path } = call();
      const one = path('v1', 'configmaps', 'gone');
      const { body } = await send('POST', path('v1', 'configmaps'), configMap('gone'));
      expect((await send('DELETE', one, { preconditions: { uid: 'another' } })).status).toBe(409);
      expect(await send('DELETE', one)).toMatchObject({
        status: 200,
        body: { status: 'Success', details: { name: 'gone', kind: 'configmaps', uid: at(body, 'metadata.uid') } },
      });
      expect((await send('DELETE', one)).status).toBe(404);
    });

    it('waits for finalizers', async () => {
      const { send, path, patch } = call();
      const one = path('contract.serin.dev/v1', 'widgets', 'held');
      const held = { ...widget('held'), metadata: { name: 'held', finalizers: ['serin.dev/hold'] } };
      await send('POST', path('contract.serin.dev/v1', 'widgets'), held);
      const deleted = await send('DELETE', one);
      expect(deleted).toMatchObject({
        status: 200,
        body: { kind: 'Widget', metadata: { deletionGracePeriodSeconds: 0, generation: 2 } },
      });
      expect(at(deleted.body, 'metadata.deletionTimestamp')).toBeTypeOf('string');
      const more = { metadata: { finalizers: ['serin.dev/hold', 'serin.dev/more'] } };
      expect(await patch('merge', one, more)).toMatchObject({
        status: 422,
        body: {
          message: expect.stringContaining(
            'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted',
          ),
        },
      });
      expect((await patch('merge', one, { metadata: { finalizers: null } })).status).toBe(200);
      expect((await send('GET', one)).status).toBe(404);
    });

    it('empties a selected collection', async () => {
      const { send, path } = call();
      for (const name of ['sel-a', 'sel-b']) {
        await send('POST', path('v1', 'configmaps'), configMap(name, {}, { labels: { sel: name } }));
      }
      const query = { labelSelector: 'sel in (sel-a)' };
      expect((await send('DELETE', path('v1', 'configmaps'), undefined, { query })).status).toBe(200);
      expect((await send('GET', path('v1', 'configmaps', 'sel-a'))).status).toBe(404);
      expect((await send('GET', path('v1', 'configmaps', 'sel-b'))).status).toBe(200);
    });
  });
}
