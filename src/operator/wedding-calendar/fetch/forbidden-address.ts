import { BlockList, isIP } from 'node:net';

type Subnets = readonly (readonly [string, number])[];

/**
 * Addresses that no feed may come from, whatever is allowed: this network, this machine, link-local (most clouds serve
 * metadata there), multicast, reserved. Source: IANA IPv4 and IPv6 special-purpose address registries.
 */
const ALWAYS: Subnets = [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 128],
  ['::1', 128],
  ['fe80::', 10],
  ['ff00::', 8],
];

/**
 * Where clouds serve metadata, and with it credentials of the machine, outside of the link-local networks. Source: the
 * documentation of each cloud. Oracle's former address 192.0.0.192 is among the reserved ones above.
 */
const METADATA: Subnets = [
  // Alibaba Cloud.
  ['100.100.100.200', 32],
  ['fd00:100::100:200', 128],
  // Azure: WireServer. It is a public address.
  ['168.63.129.16', 32],
  // AWS: instance metadata, credentials of pods, DNS and time.
  ['fd00:ec2::', 32],
  // Google Cloud.
  ['fd20:ce::254', 128],
  // Oracle Cloud.
  ['fd00:c1::a9fe:a9fe', 128],
  // Akamai (Linode).
  ['fd00:a9fe:a9fe::1', 128],
  // Scaleway.
  ['fd00:42::42', 128],
];

/** Private networks; `allowPrivateNetworks` opens them. */
const PRIVATE: Subnets = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['fc00::', 7],
];

/** Documentation, benchmarks, tunnels and translations: no feed is served from them, and some lead elsewhere. */
const NOT_PUBLIC: Subnets = [
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const always = blockList([...ALWAYS, ...METADATA, ...NOT_PUBLIC]);
const privateNetworks = blockList(PRIVATE);
/** All public IPv6 is in here; mapped, translated and unassigned addresses are not. */
const globalUnicast = blockList([['2000::', 3]]);

/** `Reserved` is never allowed, `Private` only by `allowPrivateNetworks`. A text that is no address is reserved too. */
export type AddressClass = 'Public' | 'Private' | 'Reserved';

export function classOfAddress(address: string): AddressClass {
  const version = isIP(address);
  if (version === 0) return 'Reserved';
  const family = version === 4 ? 'ipv4' : 'ipv6';
  if (always.check(address, family)) return 'Reserved';
  if (privateNetworks.check(address, family)) return 'Private';
  return family === 'ipv4' || globalUnicast.check(address, family) ? 'Public' : 'Reserved';
}

/** Whether a feed may not come from an address. */
export function isForbiddenAddress(address: string, { allowPrivate }: { allowPrivate: boolean }): boolean {
  const found = classOfAddress(address);
  return found === 'Reserved' || (found === 'Private' && !allowPrivate);
}

function blockList(subnets: Subnets): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of subnets) list.addSubnet(net, prefix, net.includes(':') ? 'ipv6' : 'ipv4');
  return list;
}
