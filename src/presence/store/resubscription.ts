import type { Cluster } from 'ioredis';
import type { Logger } from '../../platform/telemetry/log.ts';

/** Subscribes a new client to the channels of the previous one; tried again at each change of its connections, until done. */
export class Resubscription {
  readonly #cluster: Cluster;
  readonly #wanted: ReadonlyMap<string, unknown>;
  readonly #missing: Set<string>;
  readonly #log: Logger;

  /** @param wanted by channel; a channel that is removed from it is no longer subscribed to */
  constructor(cluster: Cluster, wanted: ReadonlyMap<string, unknown>, log: Logger) {
    this.#cluster = cluster;
    this.#wanted = wanted;
    this.#missing = new Set(wanted.keys());
    this.#log = log;
  }

  /**
   * Not before the client is ready: ioredis sends queued requests from a timer, where an unknown slot (a cluster that is
   * just being formed) throws an error that no caller can catch.
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
      this.#log.debug({ err: error, channel }, 'could not subscribe; heartbeats find missed changes');
    }
  }
}
