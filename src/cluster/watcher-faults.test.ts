/** Watcher and transport together over real sockets: a server that fails in every way, one after the other. */
import { type ServerResponse, createServer } from 'node:http';
import { expect, it } from 'vitest';
import { systemClock } from '#runtime/clock.ts';
import { httpTransport } from './http-transport.ts';
import { MemoryStore } from './memory-store.ts';
import { configMaps } from './resource.ts';
import { type Trouble, watch } from './watcher.ts';

const configMap = (name: string, version: string) => ({
  metadata: { namespace: 'test', name, uid: name, resourceVersion: version },
});
const line = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;

type Answer = (response: ServerResponse) => void;
const json =
  (code: number, body: object): Answer =>
  (response) =>
    void response.writeHead(code).end(JSON.stringify(body));
const list = (version: string, ...items: object[]) => json(200, { metadata: { resourceVersion: version }, items });
const lines =
  (...text: string[]): Answer =>
  (response) => {
    response.writeHead(200).flushHeaders();
    for (const one of text) response.write(one);
  };
const reset =
  (...text: string[]): Answer =>
  (response) => {
    response.writeHead(200);
    response.write(text.join(''), () => response.socket?.resetAndDestroy());
  };
const hangUp: Answer = (response) => void response.socket?.destroy();

it('loses nothing over resets, errors, half lines and 410', async () => {
  const script: [asked: string, Answer][] = [
    ['list', hangUp],
    ['list', json(500, {})],
    ['list', list('10', configMap('a', '1'), configMap('b', '2'))],
    ['watch from 10', reset(line('ADDED', configMap('c', '11')), '{"type":"MODI')],
    ['watch from 11', json(503, {})],
    ['watch from 11', reset(line('BOOKMARK', { metadata: { resourceVersion: '50' } }))],
    ['watch from 50', lines(line('ERROR', { code: 410, reason: 'Expired' }))],
    ['list', list('60', configMap('a', '1'), configMap('d', '55'))],
    ['watch from 60', json(410, { code: 410, reason: 'Expired' })],
    ['list', list('70', configMap('a', '1'), configMap('d', '55'))],
    ['watch from 70', lines(line('DELETED', configMap('a', '71')), line('ADDED', configMap('end', '72')))],
  ];
  const asked: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    const { searchParams } = new URL(url, 'http://server');
    asked.push(searchParams.has('watch') ? `watch from ${searchParams.get('resourceVersion')}` : 'list');
    script[asked.length - 1]?.[1](response);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const transport = httpTransport({
    server: `http://127.0.0.1:${port}`,
    clock: systemClock,
    credentials: async () => ({ headers: {}, tls: {} }),
  });

  const store = new MemoryStore();
  const told: string[] = [];
  store.onChange((before, after) =>
    told.push(`${before === undefined ? '+' : after === undefined ? '-' : '~'}${(after ?? before)?.metadata.name}`),
  );
  const troubles: Trouble[] = [];
  const abort = new AbortController();
  const options = {
    transport,
    clock: systemClock,
    random: () => 0.5,
    selection: { resource: configMaps },
    signal: abort.signal,
  };
  for await (const event of watch({ ...options, backOff: { base: 1, max: 1 } })) {
    if (event.type === 'trouble') troubles.push(event.trouble);
    else if (event.type === 'swap') store.swap(event.objects, event.version);
    else if (event.type === 'mark') store.mark(event.version);
    else store[event.type](event.object);
    if (store.get({ namespace: 'test', name: 'end' }) !== undefined) abort.abort();
  }
  await transport.close();
  server.closeAllConnections();
  server.close();

  expect(asked).toEqual(script.map(([wanted]) => wanted));
  expect(told).toEqual(['+a', '+b', '+c', '+d', '-b', '-c', '-a', '+end']);
  expect(troubles).toEqual([
    'list-failed',
    'list-failed',
    'watch-broken',
    'watch-refused',
    'watch-broken',
    'expired',
    'expired',
  ]);
});
