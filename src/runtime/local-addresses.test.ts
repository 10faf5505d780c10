import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { gotHttp } from './got-http.ts';
import { HttpError, type HttpRequest } from './http.ts';
import { isLocalAddress, lookupElsewhere, refusingLocal } from './local-addresses.ts';

describe('a local address', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.255.255.255', true],
    ['0.0.0.0', true],
    ['169.254.169.254', true],
    ['100.100.100.200', true],
    ['168.63.129.16', true],
    ['::', true],
    ['::1', true],
    ['fe80::1', true],
    ['febf::1%eth0', true],
    ['fd00:ec2::254', true],
    ['::ffff:127.0.0.1', true],
    ['::ffff:a9fe:a9fe', true],
    ['::ffff:6464:64c8', true],
    ['::127.0.0.1', true],
    ['64:ff9b::169.254.169.254', true],
    ['64:ff9b::8.8.8.8', false],
    ['10.0.0.1', false],
    ['192.168.0.1', false],
    ['126.255.255.255', false],
    ['128.0.0.1', false],
    ['100.100.100.201', false],
    ['168.63.129.17', false],
    ['::2', false],
    ['fec0::1', false],
    ['fd00:ec2::253', false],
    ['::ffff:8.8.8.8', false],
    ['localhost', false],
    ['', false],
  ])('%s: %s', (address, expected) => expect(isLocalAddress(address)).toBe(expected));
});

describe('the lookup of names elsewhere', () => {
  type Addresses = readonly { address: string; family: number }[];
  const lookedUp = (addresses: Addresses, { all = true, except = '' } = {}): unknown => {
    const system = (_name: string, _options: object, done: (error: null, found: Addresses) => void): void =>
      done(null, addresses);
    let said: unknown;
    // Of the many forms of the system's lookup the one that is called.
    const lookup = lookupElsewhere(new Set([except]), system as Parameters<typeof lookupElsewhere>[1]);
    lookup('name', { all }, (error, ...found) => {
      said = error === null ? found : error.code;
    });
    return said;
  };
  const far = { address: '10.0.0.1', family: 4 };
  const near = { address: '127.0.0.1', family: 4 };

  it('refuses a name any of whose addresses is local', () => {
    expect(lookedUp([far])).toEqual([[far]]);
    expect(lookedUp([far], { all: false })).toEqual(['10.0.0.1', 4]);
    expect(lookedUp([far, near])).toBe('ERR_LOCAL_ADDRESS');
    expect(lookedUp([near], { all: false })).toBe('ERR_LOCAL_ADDRESS');
    expect(lookedUp([near], { except: 'name' })).toEqual([[near]]);
  });
});

describe('calls that may not be local', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });
  let calls = 0;
  async function port(): Promise<number> {
    const server = createServer((_, response) => {
      calls++;
      response.end('reached');
    });
    servers.push(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }
  const request = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
    method: 'GET',
    url,
    timeout: 5_000,
    ...more,
  });
  const refused = { kind: 'refused-address', message: expect.stringContaining('--allow-local-addresses') as string };
  const outcome = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

  it.each(['GET', 'POST'] as const)('refuse %s to what is or resolves to this machine', async (method) => {
    const at = await port();
    calls = 0;
    const open = gotHttp({});
    const http = refusingLocal(open);
    const hosts = ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', '127.1', '0'];
    for (const host of hosts) {
      const error = await outcome(http.send(request(`http://${host}:${at}/`, { method })));
      expect({ host, kind: error instanceof HttpError ? error.kind : error }).toMatchObject({
        host,
        kind: 'refused-address',
      });
    }
    expect(calls).toBe(0);
    // An open connection of somebody else is not taken.
    for (const host of ['127.0.0.1', 'localhost']) {
      expect(await open.send(request(`http://${host}:${at}/`, { method }))).toMatchObject({ body: 'reached' });
      expect(await outcome(http.send(request(`http://${host}:${at}/`, { method })))).toMatchObject(refused);
    }
    expect(calls).toBe(2);
  });

  it('look at each hop of a redirect', async () => {
    const at = await port();
    const asked: string[] = [];
    const jumps: Server = createServer((message, response) => {
      asked.push(message.url ?? '');
      response.writeHead(302, { location: `http://localhost:${at}/secret` }).end();
    });
    servers.push(jumps);
    await new Promise<void>((resolve) => {
      jumps.listen(0, '127.0.0.1', resolve);
    });
    const address = jumps.address();
    const proxy = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    calls = 0;
    // The server far away is played by a proxy: what answers in its place is on this machine, and may be.
    const http = refusingLocal(gotHttp({ HTTP_PROXY: proxy }));
    expect(await outcome(http.send(request('http://10.1.2.3/', { redirects: 5 })))).toMatchObject(refused);
    expect(asked).toEqual(['http://10.1.2.3/']);
    expect(calls).toBe(0);
    expect(await outcome(http.send(request('http://169.254.169.254/latest')))).toMatchObject(refused);
    expect(asked).toHaveLength(1);
  });
});
