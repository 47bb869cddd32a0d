import type { Cluster, Redis } from 'ioredis';
import { connectAhead } from '../../platform/redis/connect-ahead.ts';

/**
 * The password for connections to the nodes of a cluster. It may change while they are open; open connections stay
 * authenticated. ioredis copies its options when it makes the cluster, so each node gets the password before it connects;
 * subscriber connections and slot refreshes take over the options of the nodes.
 */
export class RedisLogin {
  #password: string | undefined;
  #cluster: Cluster | undefined;

  constructor(password: string | undefined) {
    this.#password = password;
  }

  /** From now on the connections of this cluster log in with the password; a previous cluster keeps the one it has. */
  attach(cluster: Cluster): void {
    this.#cluster = cluster;
    cluster.on('+node', (node: Redis) => this.#setPassword(node));
    // After the password is set: a node connects with the one that it has then.
    connectAhead(cluster);
  }

  /** Applies from the next connection on. False when the password is the same as before. */
  use(password: string): boolean {
    if (password === this.#password) return false;
    this.#password = password;
    for (const node of this.#cluster?.nodes('all') ?? []) this.#setPassword(node);
    return true;
  }

  #setPassword(node: Redis): void {
    if (this.#password !== undefined) node.options.password = this.#password;
  }
}
