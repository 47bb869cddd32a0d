/** Names of the children of a PresenceCluster: deterministic, so that a crash between two writes leaves no orphan. */
export const childName = {
  redis: (cluster: string) => `${cluster}-redis`,
  redisClient: (cluster: string) => `${cluster}-redis-client`,
  redisShard: (cluster: string, shard: number) => `${cluster}-redis-${shard}`,
  /** The hash in the name keeps running pods on the configuration they started with. */
  redisConfig: (cluster: string, hash: string) => `${cluster}-redis-config-${hash}`,
  /** What running servers take without a restart. */
  redisLiveConfig: (cluster: string) => `${cluster}-redis-live-config`,
  redisAcl: (cluster: string) => `${cluster}-redis-acl`,
  /** What the servers serve: a checked copy, wherever it came from. */
  redisTls: (cluster: string) => `${cluster}-redis-tls`,
  /** The operator's own certificate authority of this cluster. */
  redisCa: (cluster: string) => `${cluster}-redis-ca`,
  /** The Certificate of cert-manager, and the Secret that it is written to. */
  redisCertificate: (cluster: string) => `${cluster}-redis-certificate`,
  presence: (cluster: string) => `${cluster}-presence`,
  /** What the autoscaler has learned; not among the objects that are applied and pruned. */
  presenceHistory: (cluster: string) => `${cluster}-presence-history`,
  /** What was counted for the objectives, likewise. */
  presenceSlo: (cluster: string) => `${cluster}-presence-slo`,
  presenceWeddings: (cluster: string) => `${cluster}-presence-weddings`,
  presenceAuth: (cluster: string) => `${cluster}-presence-auth`,
} as const;
