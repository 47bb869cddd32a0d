import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A way to a Redis Cluster that can swallow everything: a network partition between one client and all of its nodes.
 * Each node has the same port behind it as in front of it, on another loopback address, so that answers in which nodes
 * name each other (CLUSTER SLOTS, MOVED) need another address and no other length.
 */
export interface RedisBlackHole {
  /** `host:port` of every node, as start nodes for the client that is to be cut off. */
  readonly nodes: readonly string[];
  /** No byte passes in either direction, the end of a connection neither; new connections open and stay silent. */
  swallow(): void;
  /** The partition is over: what was under way arrives, late, as TCP sends again what was not acknowledged. */
  letThrough(): void;
  close(): Promise<void>;
}

/** @param nodes `host:port` of the real servers, which announce that host; @param at as long as their host */
export async function startRedisBlackHole(
  nodes: readonly string[],
  at: '127.0.0.2' | '127.0.0.3',
): Promise<RedisBlackHole> {
  const sockets = new Set<Socket>();
  let swallowing = false;
  const take = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    if (swallowing) socket.pause();
    return socket;
  };
  const servers: Server[] = [];
  for (const node of nodes) {
    const [host = '', port = ''] = node.split(':');
    const server = createServer((inside) => {
      const outside = connect(Number(port), host);
      carry(take(inside), take(outside), (bytes) => bytes);
      carry(outside, inside, renaming(host, at));
    });
    server.listen(Number(port), at);
    await once(server, 'listening');
    servers.push(server);
  }
  return {
    nodes: nodes.map((node) => node.replace(/^.*:/, `${at}:`)),
    swallow: () => {
      swallowing = true;
      for (const socket of sockets) socket.pause();
    },
    letThrough: () => {
      swallowing = false;
      for (const socket of sockets) socket.resume();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
    },
  };
}

/** A paused socket is not read, so it reports neither bytes nor an end. */
function carry(from: Socket, to: Socket, change: (bytes: Buffer) => Buffer): void {
  from.on('data', (bytes: Buffer) => to.write(change(bytes)));
  from.on('end', () => to.end());
  from.on('error', () => to.destroy());
  from.on('close', () => to.destroySoon());
}

/** Puts one name in the place of another of the same length, across the borders of chunks. */
function renaming(name: string, other: string): (bytes: Buffer) => Buffer {
  let held = '';
  return (bytes) => {
    const text = held + bytes.toString('latin1');
    // No answer of Redis ends with a part of a name, so what is held is never held for long.
    let begun = name.length - 1;
    while (!text.endsWith(name.slice(0, begun))) begun--;
    held = begun === 0 ? '' : text.slice(-begun);
    return Buffer.from(text.slice(0, text.length - begun).replaceAll(name, other), 'latin1');
  };
}
