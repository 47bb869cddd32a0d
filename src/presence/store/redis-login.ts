import type { Cluster, Redis } from 'ioredis';
import { connectAhead } from '../../platform/redis/connect-ahead.ts';

/**
 * The password that connections to the nodes of a cluster log in with, which may change while they are open: those stay
 * open, because Redis has let them in and asks no more. ioredis copies its options when it makes the cluster, so each
 * node gets the password before it connects; subscribers and refreshes of the slots take over the options of the nodes.
 */
export class RedisLogin {
  #password: string | undefined;
  #cluster: Cluster | undefined;

  constructor(password: string | undefined) {
    this.#password = password;
  }

  /** From now on the connections of this cluster log in with it; those of the one before do as they did. */
  attach(cluster: Cluster): void {
    this.#cluster = cluster;
    cluster.on('+node', (node: Redis) => this.#give(node));
    // After it: a node connects with the password that it has then.
    connectAhead(cluster);
  }

  /** From the next connection on. Gives whether it is another password than before. */
  use(password: string): boolean {
    if (password === this.#password) return false;
    this.#password = password;
    for (const node of this.#cluster?.nodes('all') ?? []) this.#give(node);
    return true;
  }

  #give(node: Redis): void {
    if (this.#password !== undefined) node.options.password = this.#password;
  }
}
