import type { SlotRange } from './slots.ts';
import { parseSlotRange } from './slots.ts';

/** Where a node listens for clients. `host` is an IP address; empty when Redis does not know it. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A slot on its way between two primaries, seen from the node that printed it. */
export interface SlotMove {
  readonly slot: number;
  readonly direction: 'migrating' | 'importing';
  readonly peerId: string;
}

/** One row of `CLUSTER NODES`: what one node believes of one member of the Redis Cluster. */
export interface ClusterMember {
  readonly id: string;
  readonly address: Address;
  /** Port of the cluster bus; 0 when Redis does not know it. */
  readonly busPort: number;
  /** Announced hostname; absent when there is none. */
  readonly hostname?: string;
  /** As printed: `myself`, `master`, `slave`, `fail?`, `fail`, `handshake`, `noaddr`, `nofailover`. */
  readonly flags: readonly string[];
  readonly role: 'primary' | 'replica';
  /** Id of the primary that a replica follows. */
  readonly primaryId?: string;
  readonly configEpoch: number;
  readonly linkState: 'connected' | 'disconnected';
  readonly slots: readonly SlotRange[];
  /** Printed only in the row of the node itself. */
  readonly moves: readonly SlotMove[];
}

/** Fields before the slots: id, address, flags, primary, ping sent, pong received, epoch, link state. */
const FIXED_FIELDS = 8;

/**
 * Parses the reply of `CLUSTER NODES` (https://valkey.io/commands/cluster-nodes/): rows of Redis 3.2 to 8 and
 * Valkey, with or without hostname and auxiliary fields, IPv4 or IPv6.
 * @throws SyntaxError naming the row that could not be read.
 */
export function parseClusterNodes(text: string): ClusterMember[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map(parseRow);
}

function parseRow(line: string): ClusterMember {
  const fields = line.split(' ');
  if (fields.length < FIXED_FIELDS) {
    throw new SyntaxError(`not a row of CLUSTER NODES: ${JSON.stringify(line)}`);
  }
  const [id = '', endpoint = '', flagText = '', primary = '', , , epoch = '', linkState = ''] = fields;
  const place = parseEndpoint(endpoint, line);
  const flags = flagText.split(',').filter((flag) => flag !== 'noflags');
  const { slots, moves } = parseSlots(fields.slice(FIXED_FIELDS));
  return {
    id,
    ...place,
    flags,
    role: flags.includes('slave') || flags.includes('replica') ? 'replica' : 'primary',
    ...(primary === '-' ? {} : { primaryId: primary }),
    configEpoch: Number(epoch),
    linkState: linkState === 'connected' ? 'connected' : 'disconnected',
    slots,
    moves,
  };
}

/** `ip:port@busport[,hostname[,name=value]*]`; the IP may itself hold colons, or be empty. */
function parseEndpoint(
  endpoint: string,
  line: string,
): Pick<ClusterMember, 'address' | 'busPort' | 'hostname'> {
  const [socket = '', hostname = ''] = endpoint.split(',');
  const match = /^(.*):(\d+)(?:@(\d+))?$/.exec(socket);
  if (match === null) {
    throw new SyntaxError(`no address in the row of CLUSTER NODES: ${JSON.stringify(line)}`);
  }
  const address = { host: match[1] ?? '', port: Number(match[2]) };
  return { address, busPort: Number(match[3] ?? 0), ...(hostname === '' ? {} : { hostname }) };
}

function parseSlots(fields: readonly string[]): { slots: SlotRange[]; moves: SlotMove[] } {
  const slots: SlotRange[] = [];
  const moves: SlotMove[] = [];
  for (const field of fields) {
    const move = /^\[(\d+)-([<>])-(\w+)\]$/.exec(field);
    if (move === null) {
      slots.push(parseSlotRange(field));
    } else {
      moves.push({
        slot: Number(move[1]),
        direction: move[2] === '>' ? 'migrating' : 'importing',
        peerId: move[3] ?? '',
      });
    }
  }
  return { slots, moves };
}

/** Whether the row is of a node whose name is not known yet: a MEET was sent or received and not answered. */
export function inHandshake(member: ClusterMember): boolean {
  return member.flags.includes('handshake');
}

/** Whether the row's viewer, or the majority, takes the member for dead, or has no address for it. */
export function looksFailed(member: ClusterMember): boolean {
  return member.flags.some((flag) => flag === 'fail' || flag === 'fail?' || flag === 'noaddr');
}

export function sameAddress(a: Address, b: Address): boolean {
  return a.host === b.host && a.port === b.port;
}

export function formatAddress(address: Address): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
