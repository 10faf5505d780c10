/** Which proxy the environment wants for an address: `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, as Go programs read them. */
import { BlockList, isIP } from 'node:net';

type Environment = Readonly<Record<string, string | undefined>>;

export interface ProxyOfEnvironment {
  /** Name of the variable. */
  readonly source: string;
  /** As it is written there; `http` where it has no scheme. */
  readonly url: string;
}

/** `undefined`: none. The machine itself is never reached through a proxy. */
export function proxyFromEnvironment(address: string, env: Environment): ProxyOfEnvironment | undefined {
  const { protocol, hostname, port } = new URL(address);
  const name = protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const source = env[name] ? name : name.toLowerCase();
  const proxy = env[source];
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (!proxy || isThisMachine(host)) return undefined;
  const exceptions = (env['NO_PROXY'] || env['no_proxy'] || '').split(',').map((one) => one.trim().toLowerCase());
  const excepted = exceptions.some((one) => one !== '' && covers(one, host, port || portOf(protocol)));
  if (excepted) return undefined;
  return { source, url: proxy.includes('://') ? proxy : `http://${proxy}` };
}

const portOf = (protocol: string): string => (protocol === 'https:' ? '443' : '80');

const isThisMachine = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.');

/** `*`, a network, an address, a host with everything below it, or with a dot in front only what is below it. */
function covers(exception: string, host: string, port: string): boolean {
  if (exception === '*') return true;
  if (exception.includes('/')) return isWithin(exception, host);
  const [, name = '', wantedPort] = /^(.*?)(?::(\d+))?$/.exec(exception) ?? [];
  if (isIP(exception) !== 0) return exception === host;
  if (wantedPort !== undefined && wantedPort !== port) return false;
  const bare = name.replace(/^\*?\./, '');
  return host.endsWith(`.${bare}`) || (host === bare && bare === name);
}

function isWithin(network: string, host: string): boolean {
  const [address = '', prefix] = network.split('/');
  const family = isIP(address);
  if (family === 0 || isIP(host) !== family || !/^\d+$/.test(prefix ?? '')) return false;
  const list = new BlockList();
  const type = family === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(address, Number(prefix), type);
  return list.check(host, type);
}
