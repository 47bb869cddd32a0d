import { isIPv4, isIPv6 } from 'node:net';
import { nodeAddress } from './node-address.ts';

/** The first bytes of version 1 and of version 2. Source: https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt */
const V1_PREFIX = Buffer.from('PROXY ');
const V2_PREFIX = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
/** With the end of the line; section 2.1. */
const MAX_V1_BYTES = 107;
/** Prefix, version and command, family, and two bytes of length; section 2.2. */
const V2_HEAD_BYTES = 16;
/** Addresses and what proxies add, such as a certificate's name or the endpoint of a cloud: some hundred bytes. */
export const MAX_V2_BYTES = 2_048;

const V2_LOCAL = 0x20;
const V2_PROXY = 0x21;
const V2_INET = 1;
const V2_INET6 = 2;
const IPV4_BYTES = 4;
const IPV6_BYTES = 16;
/** Both ports. */
const PORTS_BYTES = 4;

/** What the first bytes of a connection are. Without an `address` the proxy speaks for itself, as for its own checks. */
export type ProxyHeader =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'header'; readonly bytes: number; readonly address?: string }
  | { readonly kind: 'malformed'; readonly message: string };

const INCOMPLETE: ProxyHeader = { kind: 'incomplete' };

/** Reads the PROXY header, version 1 or 2, at the beginning of a connection. Never asks for more than `MAX_V2_BYTES`. */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsAlike(bytes, V2_PREFIX)) return bytes.length < V2_HEAD_BYTES ? INCOMPLETE : readV2(bytes);
  if (startsAlike(bytes, V1_PREFIX)) return readV1(bytes);
  return malformed('the connection does not begin with a PROXY header');
}

function startsAlike(bytes: Buffer, prefix: Buffer): boolean {
  const length = Math.min(bytes.length, prefix.length);
  return bytes.subarray(0, length).equals(prefix.subarray(0, length));
}

function readV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, MAX_V1_BYTES).indexOf('\r\n');
  if (end < 0)
    return bytes.length < MAX_V1_BYTES ? INCOMPLETE : malformed('the line of the PROXY header has no end');
  const length = end + 2;
  const [, protocol, source = '', destination = '', ...ports] = bytes.toString('latin1', 0, end).split(' ');
  if (protocol === 'UNKNOWN') return { kind: 'header', bytes: length };
  const isAddress = protocol === 'TCP4' ? isIPv4 : protocol === 'TCP6' ? isIPv6 : () => false;
  const arePorts =
    ports.length === 2 && ports.every((port) => /^(0|[1-9]\d{0,4})$/.test(port) && Number(port) <= 65_535);
  const address = nodeAddress(source);
  if (!isAddress(source) || !isAddress(destination) || !arePorts || address === undefined)
    return malformed('the PROXY header, version 1, names no addresses and ports');
  return { kind: 'header', bytes: length, address };
}

function readV2(bytes: Buffer): ProxyHeader {
  const [command = 0, family = 0] = bytes.subarray(V2_PREFIX.length);
  if (command !== V2_LOCAL && command !== V2_PROXY)
    return malformed('the PROXY header has an unknown version or command');
  const rest = bytes.readUInt16BE(V2_PREFIX.length + 2);
  const length = V2_HEAD_BYTES + rest;
  if (length > MAX_V2_BYTES)
    return malformed(`the PROXY header has ${length} bytes, at most ${MAX_V2_BYTES}`);
  const addressBytes = { [V2_INET]: IPV4_BYTES, [V2_INET6]: IPV6_BYTES }[family >> 4];
  const isNamed = command === V2_PROXY && addressBytes !== undefined;
  if (isNamed && rest < 2 * addressBytes + PORTS_BYTES)
    return malformed('the PROXY header, version 2, is too short for its addresses');
  if (bytes.length < length) return INCOMPLETE;
  if (!isNamed) return { kind: 'header', bytes: length };
  const address = addressOf(bytes.subarray(V2_HEAD_BYTES, V2_HEAD_BYTES + addressBytes));
  return { kind: 'header', bytes: length, address };
}

function addressOf(bytes: Buffer): string {
  if (bytes.length === IPV4_BYTES) return bytes.join('.');
  const groups = Array.from({ length: IPV6_BYTES / 2 }, (_, index) =>
    bytes.readUInt16BE(2 * index).toString(16),
  );
  const text = groups.join(':');
  return nodeAddress(text) ?? text;
}

function malformed(message: string): ProxyHeader {
  return { kind: 'malformed', message };
}
