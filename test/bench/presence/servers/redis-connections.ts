import { Cluster, Redis } from 'ioredis';

/** What a peer publishes and keeps state with, and what it subscribes with. */
export interface RedisConnections {
  readonly redis: Redis | Cluster;
  readonly subscriber: Redis | Cluster;
  /** A Redis Cluster: sharded pub/sub, so that a channel is at one primary. */
  readonly sharded: boolean;
}

/**
 * `REDIS` is one server, `REDIS_CLUSTER` the nodes of a cluster. On a cluster what a failing primary rejects is only
 * dropped: a server that ends for it would measure nothing.
 */
export function connectRedis(environment: NodeJS.ProcessEnv): RedisConnections {
  const nodes = (environment.REDIS_CLUSTER ?? environment.REDIS ?? '').split(',').map((text) => {
    const [host = '', port] = text.split(':');
    return { host, port: Number(port) };
  });
  if (environment.REDIS_CLUSTER === undefined) {
    const redis = new Redis({ ...nodes[0] });
    return { redis, subscriber: redis.duplicate(), sharded: false };
  }
  process.on('unhandledRejection', () => {});
  const connect = (): Cluster => {
    const cluster = new Cluster(nodes, { shardedSubscribers: true });
    cluster.on('error', () => {});
    return cluster;
  };
  return { redis: connect(), subscriber: connect(), sharded: true };
}
