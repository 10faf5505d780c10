/** The transport over real sockets, against a server that behaves as badly as networks do. */
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '#runtime/clock.ts';
import { handClock } from './hand-clock.ts';
import { type HttpTransportOptions, httpTransport } from './http-transport.ts';
import { ConnectionError, type Transport, type WatchLine } from './transport.ts';

const ends: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

type Handler = (request: IncomingMessage & { text: string }, response: ServerResponse) => void;

/** A server on loopback and a transport to it. */
async function start(handle: Handler, options: Partial<HttpTransportOptions> = {}) {
  let sockets = 0;
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    handle(Object.assign(request, { text }), response);
  });
  server.on('connection', () => sockets++);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const transport = httpTransport({
    server: `http://127.0.0.1:${port}`,
    clock: systemClock,
    credentials: async () => ({ headers: { authorization: 'Bearer s3cret' }, tls: {} }),
    ...options,
  });
  ends.push(
    () => transport.close(),
    () => {
      server.closeAllConnections();
      server.close();
    },
  );
  return { transport, sockets: () => sockets };
}

const get = (transport: Transport, path = '/api/v1/pods') => transport.send({ method: 'GET', path });
const json = (response: ServerResponse, code: number, body: unknown) =>
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));

async function collect(lines: AsyncIterable<WatchLine>): Promise<{ seen: WatchLine[]; error?: unknown }> {
  const seen: WatchLine[] = [];
  try {
    for await (const line of lines) seen.push(line);
    return { seen };
  } catch (error) {
    return { seen, error };
  }
}

describe('a call', () => {
  it('is kept back when it is not allowed any more after it has waited for its connection', async () => {
    const seen: (string | undefined)[] = [];
    const first = Promise.withResolvers<() => void>();
    const handle: Handler = ({ url }, response) => {
      seen.push(url);
      if (url === '/first') first.resolve(() => json(response, 200, {}));
      else json(response, 200, {});
    };
    const { transport } = await start(handle, { connections: 1 });
    let isAllowed = true;
    const allowed = (): void => {
      if (!isAllowed) throw new Error('not any more');
    };
    const slow = transport.send({ method: 'PATCH', path: '/first', body: {}, allowed });
    const answer = await first.promise;
    const waiting = transport.send({ method: 'PATCH', path: '/second', body: {}, allowed });
    isAllowed = false;
    answer();
    await expect(waiting).rejects.toThrow(/^not any more$/);
    expect(await slow).toMatchObject({ status: 200 });
    isAllowed = true;
    expect(await transport.send({ method: 'PATCH', path: '/third', body: {}, allowed })).toMatchObject({ status: 200 });
    expect(seen).toEqual(['/first', '/third']);
  });

  it('has its time from when it has a connection', async () => {
    const { clock, pass } = handClock();
    const arrived: ServerResponse[] = [];
    const { transport } = await start((_, response) => arrived.push(response), {
      clock,
      connections: 1,
      timeout: 1_000,
    });
    const answer = (number: number): void => void (arrived[number] && json(arrived[number], 200, { number }));
    const [first, second] = [get(transport), get(transport)];
    await vi.waitUntil(() => arrived.length === 1);
    await pass(900);
    answer(0);
    expect(await first).toMatchObject({ body: { number: 0 } });
    await vi.waitUntil(() => arrived.length === 2);
    await pass(900);
    answer(1);
    expect(await second).toMatchObject({ body: { number: 1 } });
  });

  it('waits no longer for a connection than anybody wants it', async () => {
    const { transport } = await start(() => {}, { connections: 1 });
    void get(transport).catch(() => {});
    const abort = new AbortController();
    const waiting = transport.send({ method: 'GET', path: '/api/v1/pods', signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  it('that can wait goes out one at a time while others stand in line', async () => {
    const arrived = new Map<string, () => void>();
    const { transport } = await start(({ url = '' }, response) => arrived.set(url, () => json(response, 200, {})));
    const answer = (path: string): void => {
      arrived.get(path)?.();
      arrived.set(path, () => {});
    };
    const post = (path: string): Promise<unknown> => transport.send({ method: 'POST', path, body: {}, patient: true });
    const reads = Array.from({ length: 13 }, (_, index) => get(transport, `/apis/apps/${index}`));
    await vi.waitUntil(() => arrived.size === 12);
    const events = ['/one', '/two', '/three'].map(post);
    await vi.waitUntil(() => arrived.has('/one'));
    answer('/one');
    await events[0];
    await vi.waitUntil(() => arrived.has('/two'));
    expect(arrived.has('/three')).toBe(false);
    answer('/apis/apps/0');
    await vi.waitUntil(() => arrived.has('/three') && arrived.has('/apis/apps/12'));
    for (const path of arrived.keys()) answer(path);
    await Promise.all([...reads, ...events]);
  });

  it('finds a connection when all others of its kind hang', async () => {
    const hangs = ({ method = '', url = '' }: IncomingMessage): boolean =>
      method === 'PATCH' && url.startsWith('/apis/slow');
    const { transport } = await start((request, response) => void (hangs(request) || json(response, 200, {})), {
      connections: 4,
    });
    const patch = (path: string) => transport.send({ method: 'PATCH', path, body: {} });
    for (let count = 0; count < 8; count++) void patch('/apis/slow.example/v1/things/a').catch(() => {});
    expect(await patch('/apis/quick.example/v1/things/a')).toMatchObject({ status: 200 });
    expect(await get(transport, '/apis/slow.example/v1/things')).toMatchObject({ status: 200 });
  });

  it('sends query, body, content type and credentials, and gives back raw JSON', async () => {
    const { transport } = await start(({ method, url, headers, text }, response) =>
      json(response, 201, {
        method,
        url,
        type: headers['content-type'],
        auth: headers.authorization,
        text,
        unknown: { kept: 1 },
      }),
    );
    const answer = await transport.send({
      method: 'PATCH',
      path: '/api/v1/namespaces/test/configmaps/a',
      query: { fieldManager: 'serin', labelSelector: 'a=b,c', absent: undefined },
      body: { data: { umlaut: 'ä' } },
      contentType: 'application/merge-patch+json',
    });
    expect(answer).toEqual({
      status: 201,
      body: {
        method: 'PATCH',
        url: '/api/v1/namespaces/test/configmaps/a?fieldManager=serin&labelSelector=a%3Db%2Cc',
        type: 'application/merge-patch+json',
        auth: 'Bearer s3cret',
        text: '{"data":{"umlaut":"ä"}}',
        unknown: { kept: 1 },
      },
    });
  });

  it('uses connections again and again', async () => {
    const { transport, sockets } = await start((_, response) => json(response, 200, {}));
    for (let calls = 0; calls < 20; calls++) await get(transport);
    // A second one, because a connection is free again only a moment after its answer has been read.
    expect(sockets()).toBeLessThanOrEqual(2);
  });

  it('gives back any status, Retry-After in seconds, and text that is no JSON', async () => {
    const { transport } = await start((_, response) =>
      response.writeHead(429, { 'retry-after': '3' }).end('slow down'),
    );
    expect(await get(transport)).toEqual({ status: 429, body: 'slow down', retryAfter: 3 });
  });

  it('that is reset throws ConnectionError without credentials in it', async () => {
    const { transport } = await start((request) => request.socket.destroy());
    const error = await get(transport).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(String(error)).toMatch(/^ConnectionError: Cannot reach the API server for GET \/api\/v1\/pods: /);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('s3cret');
  });

  it('that stalls ends at its time limit', async () => {
    const time = handClock();
    let arrived = (): void => {};
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const { transport } = await start(() => arrived(), { clock: time.clock, timeout: 5_000 });
    const call = get(transport).catch((error: unknown) => error);
    await arrival;
    await time.pass(5_000);
    expect(String(await call)).toContain('the call took longer than 5 s');
  });

  it('does not wait for credentials beyond its time limit', async () => {
    const { transport } = await start(() => {}, { credentials: () => new Promise(() => {}), timeout: 20 });
    await expect(get(transport)).rejects.toThrow('the call took longer than 0.02 s');
  });

  it('ends with the reason of its signal', async () => {
    const abort = new AbortController();
    const { transport } = await start(() => abort.abort(new Error('enough')));
    await expect(transport.send({ method: 'GET', path: '/', signal: abort.signal })).rejects.toThrow('enough');
  });

  it('that is answered with more than the limit throws instead of filling the memory', async () => {
    const { transport } = await start((_, response) => json(response, 200, 'x'.repeat(2_000)), { maxBytes: 1_000 });
    await expect(get(transport)).rejects.toThrow('longer than 1000 bytes');
  });

  it('asks for new credentials on 401, once', async () => {
    const asked: boolean[] = [];
    const { transport } = await start(
      ({ headers }, response) => json(response, headers.authorization === 'Bearer new' ? 200 : 401, {}),
      {
        credentials: async (rejected) => {
          asked.push(rejected);
          return { headers: { authorization: rejected ? 'Bearer new' : 'Bearer old' }, tls: {} };
        },
      },
    );
    expect((await get(transport)).status).toBe(200);
    expect(asked).toEqual([false, true]);
  });

  it('gives 401 back when new credentials do not help', async () => {
    const { transport } = await start((_, response) => json(response, 401, { reason: 'Unauthorized' }));
    expect((await get(transport)).status).toBe(401);
  });
});

describe('a watch', () => {
  const line = (name: string) => `${JSON.stringify({ type: 'ADDED', object: { metadata: { name } } })}\n`;
  const nameOf = ({ object }: WatchLine) => JSON.stringify(object['metadata']);

  it('yields whole lines wherever the network cuts them, and ends when the server ends it', async () => {
    const bytes = Buffer.from(line('a') + line('bär') + line('c'));
    const { transport } = await start(async ({ url }, response) => {
      response.writeHead(200).flushHeaders();
      expect(url).toBe('/api/v1/pods?resourceVersion=7&watch=true');
      for (let at = 0; at < bytes.length; at += 7) {
        await new Promise<void>((resolve) => void response.write(bytes.subarray(at, at + 7), () => resolve()));
      }
      response.end();
    });
    const watch = await transport.watch({ path: '/api/v1/pods', query: { resourceVersion: '7' } });
    const { seen, error } = await collect(watch.lines);
    expect(seen.map(nameOf)).toEqual(['{"name":"a"}', '{"name":"bär"}', '{"name":"c"}']);
    expect(error).toBeUndefined();
  });

  it('that is reset throws ConnectionError after the lines that came', async () => {
    const { transport } = await start((_, response) => {
      response.writeHead(200);
      response.write(line('a') + '{"type":"ADD', () => response.socket?.resetAndDestroy());
    });
    const { seen, error } = await collect((await transport.watch({ path: '/api/v1/pods' })).lines);
    expect(seen).toHaveLength(1);
    expect(error).toBeInstanceOf(ConnectionError);
  });

  it('that is refused with 410 has the Status and no lines', async () => {
    const { transport } = await start((_, response) => json(response, 410, { reason: 'Expired' }));
    const watch = await transport.watch({ path: '/api/v1/pods' });
    expect([watch.status, watch.body]).toEqual([410, { reason: 'Expired' }]);
    expect((await collect(watch.lines)).seen).toEqual([]);
  });

  it('stays open while it is quiet, longer than any limit of a call', async () => {
    const time = handClock();
    let later = (): void => {};
    const { transport } = await start(
      (_, response) => {
        response.writeHead(200).flushHeaders();
        later = () => void response.end(line('late'));
      },
      { clock: time.clock },
    );
    const watch = await transport.watch({ path: '/api/v1/pods' });
    await time.pass(600_000);
    later();
    expect((await collect(watch.lines)).seen.map(nameOf)).toEqual(['{"name":"late"}']);
  });

  it('breaks at a line that is no watch event', async () => {
    const { transport } = await start((_, response) => response.writeHead(200).end(`${line('a')}<html>\n`));
    const { seen, error } = await collect((await transport.watch({ path: '/api/v1/pods' })).lines);
    expect(seen).toHaveLength(1);
    expect(String(error)).toContain('no watch event');
  });

  it('breaks at a line that is too long', async () => {
    const { transport } = await start((_, response) => response.writeHead(200).write('x'.repeat(5_000)), {
      maxBytes: 1_000,
    });
    const { error } = await collect((await transport.watch({ path: '/api/v1/pods' })).lines);
    expect(String(error)).toContain('longer than 1000 bytes');
  });

  it('closes its connection when its reader leaves', async () => {
    let closed = (): void => {};
    const closing = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const { transport } = await start((request, response) => {
      request.socket.on('close', closed);
      response.writeHead(200).write(line('a'));
    });
    for await (const one of (await transport.watch({ path: '/api/v1/pods' })).lines) {
      expect(one.type).toBe('ADDED');
      break;
    }
    await closing;
  });

  it('ends with ConnectionError when the transport is closed, and with its signal', async () => {
    const { transport } = await start((_, response) => response.writeHead(200).flushHeaders());
    const abort = new AbortController();
    const [first, second] = await Promise.all([
      transport.watch({ path: '/api/v1/pods' }),
      transport.watch({ path: '/api/v1/pods', signal: abort.signal }),
    ]);
    const reading = [collect(first.lines), collect(second.lines)];
    abort.abort();
    expect((await reading[1])?.error).toBeInstanceOf(ConnectionError);
    await transport.close();
    expect((await reading[0])?.error).toBeInstanceOf(ConnectionError);
    await expect(get(transport)).rejects.toBeInstanceOf(ConnectionError);
  });
});
