import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Sends each new connection to the port that is the target at that moment, as a Service sends it to a ready pod. */
export interface TcpBalancer {
  readonly port: number;
  target: number;
  /** Nothing goes through the connections that are open, and nothing ends them, until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** Ends the connections that are open. */
  cut(): void;
  close(): Promise<void>;
}

export async function startTcpBalancer(target: number): Promise<TcpBalancer> {
  const sockets = new Set<Socket>();
  const server = createServer((inside) => {
    const outside = connect(balancer.target, '127.0.0.1');
    for (const [socket, other] of [
      [inside, outside],
      [outside, inside],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const balancer: TcpBalancer = {
    port: (server.address() as AddressInfo).port,
    target,
    freeze: () => {
      for (const socket of sockets) socket.pause();
    },
    thaw: () => {
      for (const socket of sockets) socket.resume();
    },
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    close: async () => {
      balancer.cut();
      await new Promise((closed) => server.close(closed));
    },
  };
  return balancer;
}
