import { SecretsCache } from '../credentials/secrets-cache.ts';
import { ConditionNews } from '../objects/condition-news.ts';
import { BanWatch } from '../redis/ban-watch.ts';
import { CertificateWatch } from '../redis/certificate-watch.ts';
import { FailoverLog } from '../redis/failover-log.ts';
import { MoveBackoff } from '../redis/move-backoff.ts';
import { RedisNodes } from '../redis/redis-nodes.ts';
import { RefusedGrowth } from '../redis/refused-growth.ts';
import { RenewalAttempts } from '../redis/renewal-attempts.ts';
import { TakeOverWatch } from '../redis/take-over-watch.ts';
import { ApplyCache } from './apply-cache.ts';
import { CalmLook } from './calm-look.ts';
import { ObjectWarnings } from './object-warnings.ts';
import { PodSearch } from './pod-search.ts';
import { RedisConnection } from './redis-connection.ts';
import { RefusalBackoff } from './refusal-backoff.ts';
import { RefusedWrites } from './refused-writes.ts';
import { WrittenStatus } from './written-status.ts';
import { WrittenWindows } from './written-windows.ts';

/**
 * Everything that this process remembers of one PresenceCluster between reconciles. All of it may be lost at a restart: what must
 * not be lost is in the API server.
 */
export class ClusterMemory {
  readonly applied = new ApplyCache();
  readonly refusals = new RefusalBackoff();
  readonly secrets = new SecretsCache();
  readonly redis = new RedisConnection();
  readonly redisNodes = new RedisNodes();
  readonly failovers = new FailoverLog();
  readonly takeOvers = new TakeOverWatch();
  readonly moves = new MoveBackoff();
  readonly bans = new BanWatch();
  readonly renewals = new RenewalAttempts();
  readonly refusedGrowth = new RefusedGrowth();
  readonly certificates = new CertificateWatch();
  readonly podSearch = new PodSearch();
  readonly warnings = new ObjectWarnings();
  readonly windows = new WrittenWindows();
  readonly status = new WrittenStatus();
  readonly calm = new CalmLook();
  readonly news = new ConditionNews();
  /** Since when reconciles have failed one after the other, on the monotonic clock; undefined when the last one did not. */
  failingSinceMs: number | undefined;
}

/** One {@link ClusterMemory} per PresenceCluster. Keys are namespace/name. */
export class ClusterMemories {
  readonly #clusters = new Map<string, ClusterMemory>();
  /** Of all PresenceClusters, and of what belongs to none. */
  readonly refusedWrites = new RefusedWrites();

  /** PresenceClusters that are remembered. */
  get size(): number {
    return this.#clusters.size;
  }

  /** The memory of a PresenceCluster, made when there is none. */
  of(key: string): ClusterMemory {
    const memory = this.#clusters.get(key) ?? new ClusterMemory();
    this.#clusters.set(key, memory);
    return memory;
  }

  /** The memory of a PresenceCluster that has been reconciled, undefined otherwise. */
  find(key: string): ClusterMemory | undefined {
    return this.#clusters.get(key);
  }

  /** Forgets a PresenceCluster that is gone and ends its connections to Redis. */
  forget(key: string): void {
    this.#clusters.get(key)?.redis.close();
    // Any object may name a PresenceCluster that there never was; the delays of its namespace stay.
    if (this.#clusters.delete(key)) this.refusedWrites.forget(key);
  }

  /** Ends the connections to Redis of all PresenceClusters. */
  close(): void {
    for (const { redis } of this.#clusters.values()) redis.close();
  }
}
