/** The contract of patches: merge, JSON, strategic, and server-side apply with its owners. */
import { describe, expect, it } from 'vitest';
import { at, type Caller, versionOf } from './caller.ts';
import { configMap, deployment, service, widget } from './manifests.ts';

export function patchesContract(call: () => Caller): void {
  describe('patches', () => {
    it('merge: null removes, lists are replaced', async () => {
      const { send, path, patch } = call();
      const one = path('v1', 'configmaps', 'merge');
      await send('POST', path('v1', 'configmaps'), configMap('merge', { a: '1', b: '2' }));
      expect((await patch('merge', one, { data: { a: null, c: '3' } })).body['data']).toEqual({ b: '2', c: '3' });
    });

    it('JSON: operations in order, all or none', async () => {
      const { send, path, patch } = call();
      const one = path('v1', 'configmaps', 'json');
      await send('POST', path('v1', 'configmaps'), configMap('json', { a: '1' }));
      const good = [
        { op: 'test', path: '/data/a', value: '1' },
        { op: 'add', path: '/data/b', value: '2' },
        { op: 'copy', from: '/data/a', path: '/data/d' },
        { op: 'remove', path: '/data/a' },
      ];
      expect((await patch('json', one, good)).body['data']).toEqual({ b: '2', d: '1' });
      const failing = [
        { op: 'add', path: '/data/x', value: '1' },
        { op: 'test', path: '/data/d', value: 'other' },
      ];
      expect(await patch('json', one, failing)).toMatchObject({
        status: 422,
        body: { reason: 'Invalid', message: 'the server rejected our request due to an error in our request' },
      });
      expect((await patch('json', one, [{ op: 'remove', path: '/data/none' }])).status).toBe(422);
    });

    it('JSON: a resourceVersion in it is a condition', async () => {
      const { send, path, patch } = call();
      const one = path('v1', 'configmaps', 'conditional');
      const created = await send('POST', path('v1', 'configmaps'), configMap('conditional', { a: '1' }));
      const change = (value: string) => [
        { op: 'replace', path: '/metadata/resourceVersion', value: versionOf(created.body) },
        { op: 'replace', path: '/data/a', value },
      ];
      expect((await patch('json', one, change('2'))).body['data']).toEqual({ a: '2' });
      expect(await patch('json', one, change('3'))).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
      expect((await send('GET', one)).body['data']).toEqual({ a: '2' });
    });

    it('strategic: containers merge by name, ports of a Service by port', async () => {
      const { send, path, patch } = call();
      const one = path('apps/v1', 'deployments', 'strategic');
      await send('POST', path('apps/v1', 'deployments'), deployment('strategic'));
      const containers = [
        { name: 'app', image: 'registry.test/app:2', env: [{ name: 'A', value: '1' }] },
        { name: 'side', image: 's:1' },
      ];
      const { body } = await patch('strategic', one, { spec: { template: { spec: { containers } } } });
      expect(at(body, 'spec.template.spec.containers.0')).toMatchObject({
        name: 'app',
        image: 'registry.test/app:2',
        ports: [{ containerPort: 80, protocol: 'TCP' }],
        env: [{ name: 'A', value: '1' }],
      });
      expect(at(body, 'spec.template.spec.containers.1.name')).toBe('side');
      const less = [{ name: 'side', $patch: 'delete' }];
      const after = await patch('strategic', one, { spec: { template: { spec: { containers: less } } } });
      expect(at(after.body, 'spec.template.spec.containers')).toHaveLength(1);
      await send('POST', path('v1', 'services'), service('strategic', { ports: [{ name: 'a', port: 80 }] }));
      const ports = [{ name: 'b', port: 81 }];
      const front = await patch('strategic', path('v1', 'services', 'strategic'), { spec: { ports } });
      expect(at(front.body, 'spec.ports')).toHaveLength(2);
    });

    it('strategic is not offered for custom resources', async () => {
      const { send, path, patch } = call();
      await send('POST', path('contract.serin.dev/v1', 'widgets'), widget('plain'));
      const answer = await patch('strategic', path('contract.serin.dev/v1', 'widgets', 'plain'), { spec: { size: 2 } });
      expect(answer).toMatchObject({ status: 415, body: { reason: 'UnsupportedMediaType' } });
    });
  });

  describe('server-side apply', () => {
    const body = (name: string, data: Readonly<Record<string, string>>): object => configMap(name, data);

    it('creates, then changes, and is quiet when nothing differs', async () => {
      const { apply, path } = call();
      const one = path('v1', 'configmaps', 'applied');
      const created = await apply('one', one, body('applied', { a: '1' }));
      expect(created).toMatchObject({ status: 201, body: { data: { a: '1' } } });
      const again = await apply('one', one, body('applied', { a: '1' }));
      expect(again.status).toBe(200);
      expect(versionOf(again.body)).toBe(versionOf(created.body));
      expect(at(again.body, 'metadata.managedFields')).toMatchObject([
        {
          manager: 'one',
          operation: 'Apply',
          apiVersion: 'v1',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:data': { 'f:a': {} } },
        },
      ]);
    });

    it('takes away what its manager applies no longer, and leaves what others own', async () => {
      const { apply, path } = call();
      const one = path('v1', 'configmaps', 'left');
      await apply('one', one, body('left', { a: '1', both: 'x' }));
      await apply('two', one, body('left', { b: '2', both: 'x' }));
      const { body: after } = await apply('one', one, body('left', { c: '3' }));
      expect(after['data']).toEqual({ b: '2', both: 'x', c: '3' });
    });

    it('refuses to change what another manager owns, unless forced', async () => {
      const { apply, path, patch } = call();
      const one = path('v1', 'configmaps', 'contested');
      await apply('one', one, body('contested', { a: '1', b: '1' }));
      expect(await apply('two', one, body('contested', { a: '2' }))).toMatchObject({
        status: 409,
        body: {
          reason: 'Conflict',
          message: 'Apply failed with 1 conflict: conflict with "one": .data.a',
          details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' }] },
        },
      });
      expect(await apply('two', one, body('contested', { a: '2', b: '2' }))).toMatchObject({
        body: { message: 'Apply failed with 2 conflicts: conflicts with "one":\n- .data.a\n- .data.b' },
      });
      expect(await apply('two', one, body('contested', { a: '2' }), { force: 'true' })).toMatchObject({ status: 200 });
      const { body: kept } = await apply('one', one, body('contested', { b: '1' }));
      expect(kept['data']).toEqual({ a: '2', b: '1' });
      await patch('merge', one, { data: { b: '9' } }, { fieldManager: 'hand' });
      expect(await apply('one', one, body('contested', { b: '1' }))).toMatchObject({
        status: 409,
        body: {
          message: 'Apply failed with 1 conflict: conflict with "hand" using v1: .data.b',
        },
      });
    });

    it('owns list items by their keys', async () => {
      const { apply, path } = call();
      const one = path('contract.serin.dev/v1', 'widgets', 'keyed');
      await apply('one', one, widget('keyed', { size: 1, parts: [{ id: 'a', label: 'x' }, { id: 'b' }] }));
      await apply('two', one, widget('keyed', { size: 1, parts: [{ id: 'c' }] }));
      const { body: after } = await apply('one', one, widget('keyed', { size: 1, parts: [{ id: 'b' }] }));
      expect(at(after, 'spec.parts')).toEqual([
        { id: 'b', weight: 1 },
        { id: 'c', weight: 1 },
      ]);
      expect(await apply('two', one, widget('keyed', { size: 1, parts: [{ id: 'c', label: 'y' }] }))).toMatchObject({
        status: 200,
      });
      expect(await apply('one', one, widget('keyed', { size: 1, parts: [{ id: 'c', label: 'z' }] }))).toMatchObject({
        status: 409,
        body: { message: 'Apply failed with 1 conflict: conflict with "two": .spec.parts[id="c"].label' },
      });
    });

    it('owns status by its subresource', async () => {
      const { apply, path } = call();
      const one = path('contract.serin.dev/v1', 'widgets', 'status-owner');
      await apply('one', one, { ...widget('status-owner'), status: { ready: 5 } });
      const { body: after } = await apply('one', `${one}/status`, { ...widget('status-owner'), status: { ready: 1 } });
      expect(after).toMatchObject({ status: { ready: 1 } });
      expect(at(after, 'metadata.managedFields')).toMatchObject([
        { manager: 'one', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:size': {} } } },
        { manager: 'one', operation: 'Apply', subresource: 'status', fieldsV1: { 'f:status': { 'f:ready': {} } } },
      ]);
    });

    it('needs a manager', async () => {
      const { send, path } = call();
      const answer = await send('PATCH', path('v1', 'configmaps', 'nobody'), body('nobody', {}), {
        contentType: 'application/apply-patch+yaml',
      });
      expect(answer).toMatchObject({
        status: 422,
        body: {
          message: 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
        },
      });
    });

    it('records ordinary writes too', async () => {
      const { send, path } = call();
      const query = { fieldManager: 'hand' };
      const { body: created } = await send('POST', path('v1', 'configmaps'), body('recorded', { a: '1' }), { query });
      expect(at(created, 'metadata.managedFields')).toMatchObject([
        { manager: 'hand', operation: 'Update', fieldsV1: { 'f:data': { '.': {}, 'f:a': {} } } },
      ]);
    });
  });
}
