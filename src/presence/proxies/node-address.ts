import { isIP, isIPv4 } from 'node:net';

/** Groups of the network part of an IPv6 address: a household or a phone has all addresses of a /64. */
const NETWORK_GROUPS = 4;
const GROUPS = 8;

/**
 * The address of a node as proxies write it: alone, with a port, or an IPv6 address in brackets with or without one. IPv6
 * is in its shortest form, and an IPv4 address inside IPv6 becomes IPv4. Undefined for what is no address.
 */
export function nodeAddress(text: string): string | undefined {
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1];
  if (bracketed !== undefined) return isIP(bracketed) === 6 ? canonical(bracketed) : undefined;
  if (isIP(text) !== 0) return canonical(text);
  const withoutPort = /^([\d.]+):\d{1,5}$/.exec(text)?.[1];
  return withoutPort !== undefined && isIPv4(withoutPort) ? withoutPort : undefined;
}

/** What is counted as one client: an IPv4 address, or the network of an IPv6 address. */
export function countedAddress(address: string): string {
  if (isIPv4(address)) return address;
  const [before = '', after] = address.split('::');
  const first = before === '' ? [] : before.split(':');
  const last = after === undefined || after === '' ? [] : after.split(':');
  const zeros = Array.from({ length: GROUPS - first.length - last.length }, () => '0');
  return `${[...first, ...zeros, ...last].slice(0, NETWORK_GROUPS).join(':')}::/64`;
}

function canonical(address: string): string | undefined {
  if (isIPv4(address)) return address;
  // Without the zone, which means something on the machine of its sender only.
  const url = `http://[${address.split('%')[0]}]`;
  if (!URL.canParse(url)) return undefined;
  const shortest = new URL(url).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(shortest);
  if (mapped === null) return shortest;
  const [high, low] = [Number.parseInt(mapped[1] ?? '', 16), Number.parseInt(mapped[2] ?? '', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
