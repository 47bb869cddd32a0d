import { BlockList, isIP } from 'node:net';

/**
 * Addresses that no feed may come from, whatever is allowed: this network, link-local (cloud metadata lives there),
 * multicast, reserved. Source: IANA IPv4 and IPv6 special-purpose address registries.
 */
const ALWAYS: readonly [string, number][] = [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 128],
  ['fe80::', 10],
  ['fd00:ec2::', 32],
  ['ff00::', 8],
];

/** Addresses of private networks, this machine included; `allowPrivateNetworks` opens them. */
const PRIVATE: readonly [string, number][] = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['::1', 128],
  ['fc00::', 7],
];

/** Documentation, benchmarks, tunnels and translations: no feed is served from them, and some lead elsewhere. */
const NOT_PUBLIC: readonly [string, number][] = [
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

const always = blockList([...ALWAYS, ...NOT_PUBLIC]);
const privateNetworks = blockList(PRIVATE);
/** All public IPv6 is in here; mapped, translated and unassigned addresses are not. */
const globalUnicast = blockList([['2000::', 3]]);

/** Whether a feed may not come from an address. A text that is no address is forbidden too. */
export function isForbiddenAddress(address: string, { allowPrivate }: { allowPrivate: boolean }): boolean {
  const version = isIP(address);
  if (version === 0) return true;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  if (always.check(address, family)) return true;
  if (privateNetworks.check(address, family)) return !allowPrivate;
  return family === 'ipv6' && !globalUnicast.check(address, family);
}

function blockList(subnets: readonly [string, number][]): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of subnets) list.addSubnet(net, prefix, net.includes(':') ? 'ipv6' : 'ipv4');
  return list;
}
