import type { Duplex } from 'node:stream';

/**
 * Sockets that may wait for a token to be checked at a time, among them those that have sent nothing yet. Far more than
 * clients of a full server bring when all of them reconnect within a second; each takes some kilobytes.
 */
export const MAX_PENDING_CONNECTIONS = 1_024;

/**
 * The sockets whose client has not shown a good token yet. With too many, the one that waits longest is destroyed: a real
 * client needs one round trip to send its request, so under a flood it is the sockets that stay silent that go.
 */
export class PendingConnections {
  readonly #max: number;
  readonly #evicted: () => void;
  /** Oldest first. */
  readonly #sockets = new Set<Duplex>();
  /** One for all sockets. */
  readonly #onClose: (this: Duplex) => void;

  /** @param evicted called for each socket that had to go for a newer one */
  constructor(evicted: () => void, max = MAX_PENDING_CONNECTIONS) {
    this.#max = max;
    this.#evicted = evicted;
    const sockets = this.#sockets;
    this.#onClose = function (this: Duplex) {
      sockets.delete(this);
    };
  }

  get size(): number {
    return this.#sockets.size;
  }

  /** A socket was opened. */
  add(socket: Duplex): void {
    if (this.#sockets.size >= this.#max) this.#evictOldest();
    this.#sockets.add(socket);
    socket.once('close', this.#onClose);
  }

  /** Its client has shown a good token. */
  admit(socket: Duplex): void {
    if (this.#sockets.delete(socket)) socket.removeListener('close', this.#onClose);
  }

  /** Destroys all of them. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  #evictOldest(): void {
    const [oldest] = this.#sockets;
    if (oldest === undefined) return;
    this.#sockets.delete(oldest);
    this.#evicted();
    oldest.destroy();
  }
}
