import { describe, expect, it } from 'vitest';
import { createApiServer } from './api-server.ts';
import { VirtualClock } from './virtual-clock.ts';

function start() {
  const clock = new VirtualClock();
  const server = createApiServer({ clock: clock.as('world'), random: () => 0.5, namespaces: ['test'] });
  return { clock, ...server };
}
const path = '/api/v1/namespaces/test/configmaps';

describe('the API server in memory', () => {
  it('answers writes and feeds watches in microtasks', async () => {
    const { transport } = start();
    const watch = await transport.watch({ path });
    const created = await transport.send({ method: 'POST', path, body: { metadata: { name: 'a' }, data: { x: '1' } } });
    expect(created.status).toBe(201);
    const first = await watch.lines.next();
    expect(first.value).toEqual({ type: 'ADDED', object: created.body });
    const patched = await transport.send({
      method: 'PATCH',
      path: `${path}/a`,
      contentType: 'application/merge-patch+json',
      body: { data: { y: '2' } },
    });
    expect(patched).toMatchObject({ status: 200, body: { data: { x: '1', y: '2' } } });
    expect((await watch.lines.next()).value).toEqual({ type: 'MODIFIED', object: patched.body });
    await transport.send({ method: 'DELETE', path: `${path}/a` });
    expect((await watch.lines.next()).value).toMatchObject({ type: 'DELETED' });
  });

  it('ends a watch after its timeout by the clock', async () => {
    const { clock, transport } = start();
    const watch = await transport.watch({ path, query: { timeoutSeconds: '30', allowWatchBookmarks: 'true' } });
    const lines: string[] = [];
    const reading = (async () => {
      for await (const line of watch.lines) lines.push(line.type);
    })();
    await clock.run(31_000);
    await reading;
    expect(lines).toEqual(['BOOKMARK']);
  });

  it('can be made to fail', async () => {
    const { transport, intercept } = start();
    intercept(({ method }) => (method === 'POST' ? 'drop' : { status: 503, retryAfter: 2, body: {} }));
    await expect(transport.send({ method: 'POST', path, body: {} })).rejects.toThrow('connection was reset');
    expect(await transport.send({ method: 'GET', path })).toMatchObject({ status: 503, retryAfter: 2 });
  });

  it('gives a Service the lowest address that no Service holds', () => {
    const { objects } = start();
    const resource = { group: '', version: 'v1', plural: 'services', kind: 'Service', namespaced: true };
    const address = (name: string, clusterIP?: string): unknown => {
      const spec = { ports: [{ port: 80 }], ...(clusterIP !== undefined && { clusterIP }) };
      const metadata = { name, namespace: 'test' };
      return objects.create(resource, { apiVersion: 'v1', kind: 'Service', metadata, spec })['spec'];
    };
    expect(address('a')).toMatchObject({ clusterIP: '10.96.0.11' });
    expect(address('b', '10.96.0.12')).toMatchObject({ clusterIP: '10.96.0.12' });
    expect(address('c')).toMatchObject({ clusterIP: '10.96.0.13' });
    objects.delete(resource, { namespace: 'test', name: 'a' });
    expect(address('d')).toMatchObject({ clusterIP: '10.96.0.11' });
    expect(address('e')).toMatchObject({ clusterIP: '10.96.0.14' });
  });
});
