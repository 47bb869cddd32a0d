import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';

/** Sends each new connection to the port that is the target at that moment, as a Service sends it to a ready pod. */
export interface TcpBalancer {
  readonly port: number;
  target: number;
  /** Nothing goes through the connections that are open, and nothing ends them, until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** Ends the connections that are open. */
  cut(): void;
  /** Resets both ends of the connections that are open, as a proxy does that has lost what it knew of them. */
  reset(): void;
  close(): Promise<void>;
}

/** @param lumps whether bytes are held back and go out in pieces of odd sizes, as through a proxy that buffers */
/** Long enough for several frames to be in one lump. */
const HELD_MS = 50;
/** Neither the size of a frame nor of its head. */
const PIECE_BYTES = 7;

/** Collects for a moment, and then writes small pieces that end anywhere. */
class Lumps extends Transform {
  #held: Buffer[] = [];
  #timer: NodeJS.Timeout | undefined;

  override _transform(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#held.push(chunk);
    this.#timer ??= setTimeout(() => this.#release(), HELD_MS);
    done();
  }

  override _flush(done: () => void): void {
    this.#release();
    done();
  }

  #release(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const bytes = Buffer.concat(this.#held.splice(0));
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) this.push(bytes.subarray(at, at + PIECE_BYTES));
  }
}

export async function startTcpBalancer(target: number, { lumps = false } = {}): Promise<TcpBalancer> {
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
      if (lumps) socket.pipe(new Lumps()).pipe(other);
      else socket.pipe(other);
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
    reset: () => {
      for (const socket of [...sockets]) socket.resetAndDestroy();
    },
    close: async () => {
      balancer.cut();
      await new Promise((closed) => server.close(closed));
    },
  };
  return balancer;
}
