import type { Cluster } from 'ioredis';
import type { Logger } from '../../platform/telemetry/log.ts';

/** What a new client has to subscribe to because the one before was: until it is, at each change of the connections. */
export class Resubscription {
  readonly #cluster: Cluster;
  readonly #wanted: ReadonlyMap<string, unknown>;
  readonly #missing: Set<string>;
  readonly #log: Logger;

  /** @param wanted by channel; what is no longer in it is not subscribed to */
  constructor(cluster: Cluster, wanted: ReadonlyMap<string, unknown>, log: Logger) {
    this.#cluster = cluster;
    this.#wanted = wanted;
    this.#missing = new Set(wanted.keys());
    this.#log = log;
  }

  /**
   * Not before the client is ready: what ioredis keeps for later it sends from a timer, where it throws, at nobody, for a
   * slot whose nodes it does not know (a cluster that is just being formed).
   */
  attempt(): void {
    if (this.#cluster.status !== 'ready') return;
    for (const channel of this.#missing) {
      if (this.#wanted.has(channel)) void this.#subscribe(channel);
      else this.#missing.delete(channel);
    }
  }

  async #subscribe(channel: string): Promise<void> {
    try {
      await this.#cluster.ssubscribe(channel);
      this.#missing.delete(channel);
    } catch (error) {
      this.#log.debug({ err: error, channel }, 'not subscribed; the beat finds what is missed');
    }
  }
}
