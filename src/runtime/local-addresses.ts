/** Keeps calls to addresses that users give away from this machine, its links and the services of clouds that tell credentials. */
import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { HttpError, type Http } from './http.ts';

/** Ranges of IPv4, which IPv6 can name as well. */
const ranges: readonly (readonly [address: string, prefix: number])[] = [
  ['0.0.0.0', 32], // this machine too, to Linux
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // links, and the metadata of most clouds
  ['100.100.100.200', 32], // metadata of Alibaba Cloud
  ['168.63.129.16', 32], // agent of Azure
];
const ranges6: readonly (readonly [address: string, prefix: number])[] = [
  ['::', 128],
  ['::1', 128],
  ['fe80::', 10],
  ['fd00:ec2::254', 128], // metadata of AWS
];

const local = blockList();

function blockList(): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of ranges) {
    // Its mapped form (::ffff:0:0/96) is looked up with it; those of translators are not.
    list.addSubnet(address, prefix, 'ipv4');
    for (const translated of ['64:ff9b::', '::']) list.addSubnet(`${translated}${address}`, 96 + prefix, 'ipv6');
  }
  for (const [address, prefix] of ranges6) list.addSubnet(address, prefix, 'ipv6');
  return list;
}

/** Whether an IP address is one that no user may have called. */
export function isLocalAddress(address: string): boolean {
  const [plain = ''] = address.split('%');
  const version = isIP(plain);
  return version !== 0 && local.check(plain, version === 6 ? 'ipv6' : 'ipv4');
}

/** How `lookupElsewhere` fails. */
export const localAddressCode = 'ERR_LOCAL_ADDRESS';

/** Resolves names as the system does, and refuses one of whose addresses any is local. Nothing is resolved a second time behind it. */
export function lookupElsewhere(
  except: ReadonlySet<string>,
  lookup: typeof systemLookup = systemLookup,
): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses: readonly LookupAddress[]) => {
      if (error !== null) return callback(error, '', 0);
      if (!except.has(hostname) && addresses.some(({ address }) => isLocalAddress(address)))
        return callback(Object.assign(new Error(`${hostname} is local`), { code: localAddressCode }), '', 0);
      if (options.all === true) return callback(null, [...addresses]);
      const [first] = addresses;
      return callback(null, first?.address ?? '', first?.family ?? 0);
    });
  };
}

/** Throws `HttpError` for a URL whose host is a local address; no name is resolved for that. */
export function refuseLocalHost({ host, hostname }: URL): void {
  if (isLocalAddress(hostname.replace(/^\[(.*)\]$/, '$1'))) throw localAddressError(host);
}

export function localAddressError(host: string): HttpError {
  return new HttpError('refused-address', `Cannot call ${host}: ${refusal}`);
}

/** Tells who may allow it. */
export const refusal = 'local addresses are refused unless the controller runs with --allow-local-addresses';

/** For URLs of users. */
export function refusingLocal(http: Http): Http {
  return { send: (request) => http.send({ ...request, refuseLocal: true }) };
}
