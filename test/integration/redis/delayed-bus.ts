import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { freePorts } from '../free-ports.ts';
import type { RedisProcess } from './redis-processes.ts';

/** Of a message on the cluster bus (`clusterMsg` of Valkey): where its parts begin, in bytes. */
const LENGTH_AT = 4;
const TYPE_AT = 12;
const GOSSIP_COUNT_AT = 14;
const EXTENSION_COUNT_AT = 2214;
const MESSAGE_FLAGS_AT = 2253;
const GOSSIP_AT = 2256;
const GOSSIP_ENTRY_BYTES = 104;
const PONG = 1;
const HAS_EXTENSIONS = 4;

/** A way to the cluster bus of one server on which its answers can be late. */
export interface DelayedBus {
  /** For `cluster-announce-bus-port`. */
  readonly port: number;
  /** From now on the answers of the server stay here. */
  hold(): void;
  /** Connections on which an answer is held. */
  holding(): number;
  /** Passes on the answers that were held, as a server writes them before it has made acquaintance: without extensions. */
  release(): void;
  close(): void;
}

export async function startDelayedBus(process: RedisProcess): Promise<DelayedBus> {
  const [port = 0] = await freePorts(process.host, 1);
  const sockets = new Set<Socket>();
  const held = new Map<Socket, Buffer[]>();
  let holds = false;
  const take = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  };
  const server = createServer((peer) => {
    const bus = take(connect(process.busPort, process.host));
    take(peer).on('data', (bytes: Buffer) => bus.write(bytes));
    bus.on('data', (bytes: Buffer) => {
      if (holds) held.set(peer, [...(held.get(peer) ?? []), bytes]);
      else peer.write(bytes);
    });
    peer.on('close', () => bus.destroy());
    bus.on('close', () => peer.destroy());
  });
  server.listen(port, process.host);
  await once(server, 'listening');
  return {
    port,
    hold: () => {
      holds = true;
    },
    holding: () => held.size,
    release: () => {
      holds = false;
      for (const [peer, chunks] of held)
        peer.write(Buffer.concat(messages(Buffer.concat(chunks)).map(plain)));
      held.clear();
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Each message as bytes of its own. */
function messages(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + bytes.readUInt32BE(at + LENGTH_AT);
    found.push(bytes.subarray(at, end));
    at = end;
  }
  return found;
}

/** A PONG without its extensions, which name the shard among others. */
function plain(message: Buffer): Buffer {
  if (message.readUInt16BE(TYPE_AT) !== PONG) return message;
  const length = GOSSIP_AT + message.readUInt16BE(GOSSIP_COUNT_AT) * GOSSIP_ENTRY_BYTES;
  const shorter = Buffer.from(message.subarray(0, length));
  shorter.writeUInt32BE(length, LENGTH_AT);
  shorter.writeUInt16BE(0, EXTENSION_COUNT_AT);
  shorter.writeUInt8(shorter.readUInt8(MESSAGE_FLAGS_AT) & ~HAS_EXTENSIONS, MESSAGE_FLAGS_AT);
  return shorter;
}
