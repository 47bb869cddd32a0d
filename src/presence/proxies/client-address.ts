import { BlockList, isIPv4 } from 'node:net';
import type { AddressSource } from '../../api/schema/address-sources.ts';
import { type ForwardedHeader, forwardedNodes, UNKNOWN } from './forwarded-nodes.ts';
import { nodeAddress } from './node-address.ts';

/** Where the address of a client is, and what depends on it. */
export interface ClientAddressConfig {
  readonly source: AddressSource;
  /** Ranges of the proxies that are believed; empty for `Connection` only. */
  readonly trustedProxies: readonly string[];
  /** WebSockets of one address on this server; left out: any number. */
  readonly maxConnections?: number;
}

const HEADERS = {
  XForwardedFor: 'X-Forwarded-For',
  Forwarded: 'Forwarded',
} as const satisfies Partial<Record<AddressSource, ForwardedHeader>>;

/** An address; or why the proxy that said it is not believed. */
export type ClientAddress =
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'malformed'; readonly message: string };

/** Whether an address is one of these ranges. IPv4 inside IPv6 counts as IPv4. */
export function addressesIn(cidrs: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [network = '', prefix] = cidr.split('/');
    list.addSubnet(network, Number(prefix), isIPv4(network) ? 'ipv4' : 'ipv6');
  }
  return (address) => list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

/**
 * The address of a client behind proxies. Each trusted proxy adds the address of who it was asked by on the right. So the
 * list is read from the right, and the first address that is not a trusted proxy is the client: what stands to the left of it,
 * anyone may have written. A peer that is not trusted is the client, whatever its headers say.
 *
 * @param peer address of the other end of the connection
 * @param headers lower-case names
 */
export function clientAddress(
  source: AddressSource,
  trusts: (address: string) => boolean,
  peer: string,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): ClientAddress {
  let address = nodeAddress(peer);
  // A socket that is gone has none.
  if (address === undefined) return { kind: 'address', address: UNKNOWN };
  if (source === 'Connection' || source === 'ProxyProtocol' || !trusts(address))
    return { kind: 'address', address };
  const header = HEADERS[source];
  const value = headers[header.toLowerCase()];
  const read = forwardedNodes(header, Array.isArray(value) ? value.join(',') : (value as string | undefined));
  if (read.kind === 'malformed') return read;
  for (const node of read.nodes.toReversed()) {
    if (!trusts(address)) break;
    // RFC 7239 section 6.3: a name that a proxy made up, which hides the address.
    if (node.toLowerCase() === UNKNOWN || node.startsWith('_')) break;
    const next = nodeAddress(node);
    if (next === undefined)
      return { kind: 'malformed', message: `the header ${header} names what is no address` };
    address = next;
  }
  return { kind: 'address', address };
}
