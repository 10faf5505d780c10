import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { setImmediate as turn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gotHttp } from './got-http.ts';
import { HttpError, type HttpRequest } from './http.ts';
import { selfSigned } from './self-signed.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;
const servers: Pick<Server, 'close' | 'closeAllConnections'>[] = [];

/** A server on loopback; the promise resolves with its address. */
function serve(handler: Handler): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => handler(request, response, Buffer.concat(chunks).toString()));
  });
  servers.push(server);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`);
    });
  });
}

const http = gotHttp({});
const get = (url: string, more: Partial<HttpRequest> = {}) =>
  http.send({ method: 'GET', url, timeout: 5_000, ...more });

async function failure(call: Promise<unknown>): Promise<HttpError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof HttpError)) throw new Error(`not an HttpError: ${String(error)}`);
  return error;
}

beforeEach(() => {
  nock.disableNetConnect();
  nock.enableNetConnect('127.0.0.1');
});
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
  nock.restore();
  nock.activate();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('gotHttp', () => {
  it('goes through the proxy that a request names, whatever the environment says', async () => {
    const proxy = await serve((request, response) => response.end(`proxy got ${request.method} ${request.url}`));
    const url = 'http://127.0.0.1:9/hook';
    const answer = await gotHttp({ HTTP_PROXY: 'http://127.0.0.1:1', NO_PROXY: '127.0.0.1' }).send({
      method: 'POST',
      url,
      body: '{}',
      timeout: 5_000,
      proxy,
    });
    expect(answer.body).toBe(`proxy got POST ${url}`);
    const broken = http.send({ method: 'POST', url, timeout: 5_000, proxy: 'http://user:s3cret@127.0.0.1:1' });
    expect((await failure(broken)).message).toBe('Cannot call 127.0.0.1:9: connection refused');
    const nonsense = await failure(http.send({ method: 'POST', url, timeout: 5_000, proxy: 's3cret' }));
    expect(nonsense.message).not.toContain('s3cret');
  });

  it('sends a body and headers and gives back status, reason, headers and body', async () => {
    const url = await serve((request, response, body) => {
      response.writeHead(503, 'Service Unavailable', { 'Retry-After': '7' });
      response.end(`${request.method} ${String(request.headers['x-scope'])} ${body}`);
    });
    const answer = await http.send({
      method: 'POST',
      url,
      timeout: 5_000,
      headers: { 'X-Scope': ['a', 'b'] },
      body: '{}',
    });
    expect(answer).toMatchObject({ status: 503, statusText: 'Service Unavailable', body: 'POST a, b {}' });
    expect(answer.headers['retry-after']).toBe('7');
  });

  it('turns userinfo of the URL into Basic authentication', async () => {
    const url = await serve((request, response) => response.end(`${request.url} ${request.headers.authorization}`));
    const answer = await get(`${url.replace('http://', 'http://user:p%40ss@')}/x?y=1`);
    expect(answer.body).toBe(`/x?y=1 Basic ${Buffer.from('user:p@ss').toString('base64')}`);
  });

  it('reuses the connection of a GET and gives every POST its own', async () => {
    const ports: (number | undefined)[] = [];
    const url = await serve((request, response) => {
      ports.push(request.socket.remotePort);
      response.end();
    });
    await get(url);
    await turn(); // a connection rests for a turn of the loop, in which its peer may close it
    await get(url);
    await http.send({ method: 'POST', url, timeout: 5_000 });
    await http.send({ method: 'POST', url, timeout: 5_000 });
    expect(ports[0]).toBe(ports[1]);
    expect(new Set(ports).size).toBe(3);
  });

  it('sends a GET again when the peer closed the idle connection meanwhile', async () => {
    let calls = 0;
    const url = await serve((request, response) => {
      calls++;
      if (calls === 2) request.socket.destroy();
      else response.end('ok');
    });
    await get(url);
    expect((await get(url)).body).toBe('ok');
    expect(calls).toBe(3);
  });

  it('stops at the time limit of the whole call, reading included', async () => {
    const url = await serve((_, response) => response.write('beginning'));
    const error = await failure(get(url, { timeout: 50 }));
    expect(error).toMatchObject({
      kind: 'timeout',
      message: `Cannot call ${new URL(url).host}: no answer within 50ms`,
    });
  });

  it('stops when the caller does', async () => {
    const stop = new AbortController();
    const url = await serve(() => stop.abort());
    expect(await failure(get(url, { signal: stop.signal }))).toMatchObject({ kind: 'aborted' });
    expect(await failure(get(url, { signal: stop.signal }))).toMatchObject({ kind: 'aborted' });
  });

  it('refuses an answer above the limit, also when it is small on the wire', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(gzipSync(Buffer.alloc(2_000_000)));
    });
    expect(await failure(get(url, { maxBytes: 1_000_000 }))).toMatchObject({ kind: 'too-large' });
    expect((await get(url, { maxBytes: 3_000_000 })).body).toHaveLength(2_000_000);
  });

  it('says why a connection failed and shows neither header, body nor credential', async () => {
    const url = await serve(() => {});
    servers.splice(0).forEach((server) => server.close());
    const error = await failure(
      http.send({
        method: 'POST',
        url: url.replace('http://', 'http://user:secret-1@'),
        timeout: 5_000,
        headers: { 'x-key': 'secret-2' },
        body: 'secret-3',
      }),
    );
    expect(error).toMatchObject({ kind: 'network', message: `Cannot call ${new URL(url).host}: connection refused` });
    expect(`${JSON.stringify(error)} ${error.stack} ${String(error.cause)}`).not.toContain('secret-');
  });

  it.each([
    ['no url', 'not a url', {}],
    ['another scheme', 'file:///etc/passwd', {}],
    ['a header that cannot be sent', 'http://127.0.0.1:1/', { authorization: 'Bearer secret\nvalue' }],
  ])('reports %s as a bad request', async (_, url, headers) => {
    const error = await failure(get(url, { headers }));
    expect(error.kind).toBe('bad-request');
    expect(error.message).not.toContain('secret');
  });

  it('tells an untrusted certificate from a broken connection', async () => {
    const refused = Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    nock('https://metrics.test').get('/').replyWithError(refused);
    expect(await failure(get('https://metrics.test/'))).toMatchObject({
      kind: 'certificate',
      message: 'Cannot call metrics.test: the certificate is signed by itself',
    });
  });
});

it('looks at certificates unless it is told not to', async () => {
  const server = createTlsServer(selfSigned, (_, response) => response.end('ok'));
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const url = `https://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`;
  expect(await failure(get(url))).toMatchObject({ kind: 'certificate' });
  expect((await get(url, { insecureSkipVerify: true })).body).toBe('ok');
  // What was accepted once is not accepted for the next caller.
  expect(await failure(get(url))).toMatchObject({ kind: 'certificate' });
});

describe('redirects of gotHttp', () => {
  const headers = { authorization: 'Bearer t', 'x-api-key': 'k', 'content-type': 'application/json' };

  it('are answers when none is wanted', async () => {
    const url = await serve((_, response) => response.writeHead(302, { location: '/next' }).end('moved'));
    expect(await get(url)).toMatchObject({ status: 302, body: 'moved' });
  });

  it.each([
    [302, 'GET '],
    [303, 'GET '],
    [307, 'POST {}'],
    [308, 'POST {}'],
  ])('after %i go on as %s', async (status, expected) => {
    const url = await serve((request, response, body) => {
      if (request.url === '/') response.writeHead(status, { location: '/next' }).end();
      else response.end(`${request.method} ${body}`);
    });
    const answer = await http.send({
      method: 'POST',
      url: `${url}/`,
      timeout: 5_000,
      redirects: 10,
      headers,
      body: '{}',
    });
    expect(answer).toMatchObject({ status: 200, body: expected });
  });

  it('keep credentials on the same origin and drop them on another one', async () => {
    const seen = await serve((request, response) => response.end(JSON.stringify(request.headers)));
    const url = await serve((request, response) => {
      if (request.url === '/same') response.end(JSON.stringify(request.headers));
      else response.writeHead(307, { location: request.url === '/' ? '/same' : `${seen}/` }).end();
    });
    expect((await get(`${url}/`, { redirects: 1, headers })).body).toContain('Bearer t');
    const elsewhere = await get(`${url.replace('//', '//user:pass@')}/away`, {
      redirects: 1,
      headers: { 'x-api-key': 'k' },
    });
    expect(elsewhere.body).not.toMatch(/authorization|x-api-key/);
  });

  it('are bounded, and each hop is checked', async () => {
    const url = await serve((request, response) => {
      response.writeHead(302, { location: request.url === '/file' ? 'file:///etc/passwd' : '/again' }).end();
    });
    expect(await failure(get(`${url}/`, { redirects: 10 }))).toMatchObject({ kind: 'too-many-redirects' });
    expect(await failure(get(`${url}/file`, { redirects: 10 }))).toMatchObject({ kind: 'bad-request' });
  });
});
