/** The contract of reads: lists, pages, watches, tables. */
import { describe, expect, it } from 'vitest';
import { at, type Caller, versionOf } from './caller.ts';
import { configMap, deployment, widget } from './manifests.ts';

export interface ReadsOptions {
  /** Makes every older version too old; a reason when the server cannot be made to. */
  readonly compact: () => Promise<string | undefined>;
}

export function readsContract(call: () => Caller, { compact }: ReadsOptions): void {
  const names = (body: unknown): unknown[] => {
    const items = at(body, 'items');
    return Array.isArray(items) ? items.map((item) => at(item, 'metadata.name')) : [];
  };
  const create = async (prefix: string, count: number): Promise<void> => {
    const { send, path } = call();
    for (let index = 0; index < count; index++) {
      const labels = { set: prefix, odd: String(index % 2 === 1) };
      await send('POST', path('v1', 'configmaps'), configMap(`${prefix}-${index}`, {}, { labels }));
    }
  };

  describe('lists', () => {
    it('are selected by labels and fields', async () => {
      const { send, path } = call();
      await create('selected', 4);
      const list = async (query: Record<string, string>): Promise<unknown[]> =>
        names((await send('GET', path('v1', 'configmaps'), undefined, { query })).body);
      expect(await list({ labelSelector: 'set=selected,odd=true' })).toEqual(['selected-1', 'selected-3']);
      expect(await list({ labelSelector: 'set in (selected, other),odd!=true' })).toEqual(['selected-0', 'selected-2']);
      expect(await list({ labelSelector: 'set=selected,!odd' })).toEqual([]);
      expect(await list({ fieldSelector: 'metadata.name=selected-2' })).toEqual(['selected-2']);
      const wrong = await send('GET', path('v1', 'configmaps'), undefined, { query: { fieldSelector: 'spec.size=1' } });
      expect(wrong).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
    });

    it('come in pages of one version', async () => {
      const { send, path } = call();
      await create('paged', 5);
      const page = async (more: Record<string, string> = {}) =>
        send('GET', path('v1', 'configmaps'), undefined, {
          query: { labelSelector: 'set=paged', limit: '2', ...more },
        });
      const first = await page();
      expect(names(first.body)).toEqual(['paged-0', 'paged-1']);
      await send('DELETE', path('v1', 'configmaps', 'paged-4'));
      const second = await page({ continue: String(at(first.body, 'metadata.continue')) });
      expect(names(second.body)).toEqual(['paged-2', 'paged-3']);
      const last = await page({ continue: String(at(second.body, 'metadata.continue')) });
      expect(names(last.body)).toEqual(['paged-4']);
      expect(at(last.body, 'metadata.continue') ?? '').toBe('');
      expect(versionOf(last.body)).toBe(versionOf(first.body));
      expect(first.body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
    });

    it('tell how many remain when nothing is selected', async () => {
      const { send, path } = call();
      const whole = await send('GET', path('contract.serin.dev/v1', 'widgets'));
      const first = await send('GET', path('contract.serin.dev/v1', 'widgets'), undefined, { query: { limit: '1' } });
      expect(at(first.body, 'metadata.remainingItemCount')).toBe(names(whole.body).length - 1);
    });
  });

  describe('watches', () => {
    it('go on from a version', async () => {
      const { send, path, patch, lines } = call();
      const { body: list } = await send('GET', path('v1', 'configmaps'));
      await create('followed', 1);
      await patch('merge', path('v1', 'configmaps', 'followed-0'), { data: { a: '1' } });
      await send('DELETE', path('v1', 'configmaps', 'followed-0'));
      const query = { resourceVersion: versionOf(list) };
      const seen = await lines(path('v1', 'configmaps'), query, 3);
      expect(seen.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
      const versions = seen.map(({ object }) => Number(versionOf(object)));
      expect(versions).toEqual(versions.toSorted((a, b) => a - b));
      expect(new Set(versions).size).toBe(3);
    });

    it.each(['0', ''])('begin with what exists for version "%s"', async (resourceVersion) => {
      const { path, lines } = call();
      const prefix = `present${resourceVersion}`;
      await create(prefix, 2);
      const query = { labelSelector: `set=${prefix}`, ...(resourceVersion === '' ? {} : { resourceVersion }) };
      const seen = await lines(path('v1', 'configmaps'), query, 2);
      expect(seen.map(({ type }) => type)).toEqual(['ADDED', 'ADDED']);
    });

    it('show objects coming into a selection and leaving it', async () => {
      const { send, path, patch, lines } = call();
      await create('moving', 1);
      const { body: list } = await send('GET', path('v1', 'configmaps'));
      const one = path('v1', 'configmaps', 'moving-0');
      await patch('merge', one, { metadata: { labels: { picked: 'yes' } } });
      await patch('merge', one, { data: { a: '1' } });
      const { body: left } = await patch('merge', one, { metadata: { labels: { picked: null } } });
      const seen = await lines(
        path('v1', 'configmaps'),
        { labelSelector: 'picked', resourceVersion: versionOf(list) },
        3,
      );
      expect(seen.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
      // What leaves is shown as it was last selected, at the version at which it left.
      expect(seen[2]?.object).toMatchObject({
        metadata: { resourceVersion: versionOf(left), labels: { picked: 'yes' } },
      });
    });

    it('can begin with a list that ends in a bookmark', async () => {
      const { path, lines } = call();
      await create('streamed', 2);
      const query = {
        labelSelector: 'set=streamed',
        sendInitialEvents: 'true',
        resourceVersionMatch: 'NotOlderThan',
        allowWatchBookmarks: 'true',
      };
      const seen = await lines(path('v1', 'configmaps'), query, 3);
      expect(seen.map(({ type }) => type)).toEqual(['ADDED', 'ADDED', 'BOOKMARK']);
      expect(at(seen[2]?.object, 'metadata.annotations')).toEqual({ 'k8s.io/initial-events-end': 'true' });
    });

    it('of a version that is forgotten end with 410', async ({ skip }) => {
      const { send, path, lines } = call();
      const { body: list } = await send('GET', path('v1', 'configmaps'));
      await create('forgotten', 2);
      const reason = await compact();
      if (reason !== undefined) skip(reason);
      const [line] = await lines(path('v1', 'configmaps'), { resourceVersion: versionOf(list) }, 1);
      expect(line).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
      expect(at(line?.object, 'message')).toMatch(/^too old resource version: \d+ \(\d+\)$/);
    });
  });

  describe('tables', () => {
    const accept = 'application/json;as=Table;g=meta.k8s.io;v=v1,application/json';
    const columns = (body: unknown): unknown => {
      const list = at(body, 'columnDefinitions');
      return Array.isArray(list)
        ? list.map((each) => `${String(at(each, 'name'))} ${String(at(each, 'priority'))}`)
        : [];
    };

    it('of custom resources show the printer columns', async () => {
      const { send, path, patch } = call();
      const one = path('contract.serin.dev/v1', 'widgets', 'shown');
      await send('POST', path('contract.serin.dev/v1', 'widgets'), widget('shown', { size: 3 }));
      await patch('merge', `${one}/status`, { status: { conditions: [{ type: 'Ready', status: 'True' }] } });
      const { body } = await send('GET', one, undefined, { accept });
      expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
      expect(columns(body)).toEqual(['Name 0', 'Size 0', 'Ready 0', 'Colour 1', 'Age 0']);
      expect(at(body, 'rows.0.cells')).toEqual(['shown', 3, 'True', 'red', expect.stringMatching(/^\d+s$/)]);
      expect(at(body, 'rows.0.object')).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'shown' } });
    });

    it('of Deployments are those of kubectl', async () => {
      const { send, path } = call();
      await send('POST', path('apps/v1', 'deployments'), deployment('listed'));
      const { body } = await send('GET', path('apps/v1', 'deployments', 'listed'), undefined, { accept });
      expect(columns(body)).toEqual([
        'Name 0',
        'Ready 0',
        'Up-to-date 0',
        'Available 0',
        'Age 0',
        'Containers 1',
        'Images 1',
        'Selector 1',
      ]);
      expect(at(body, 'rows.0.cells')).toEqual([
        'listed',
        '0/0',
        0,
        0,
        expect.stringMatching(/^\d+s$/),
        'app',
        'registry.test/app:1',
        'app=listed',
      ]);
    });

    it('can be had as metadata alone', async () => {
      const { send, path } = call();
      await create('bare', 1);
      const { body } = await send('GET', path('v1', 'configmaps', 'bare-0'), undefined, {
        accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
      });
      expect(body).toMatchObject({
        kind: 'PartialObjectMetadata',
        apiVersion: 'meta.k8s.io/v1',
        metadata: { name: 'bare-0' },
      });
      expect(body['data']).toBeUndefined();
    });
  });
}
