import { BAN_PARAMETER, BAN_SECONDS, ENGINES, type EngineName } from './engine.ts';

/** `Fast` notices a death sooner and wants pods that are never throttled or stalled for a second. */
export type RedisProfile = 'Standard' | 'Fast';

export interface ServerConfigInput {
  readonly engine: EngineName;
  readonly profile: RedisProfile;
  readonly port: number;
  /** Where nodes.conf and the append-only file live: a volume that outlives the container. */
  readonly dataDirectory: string;
  /** Path of `users.acl`. */
  readonly aclFile: string;
  /** Path of the file with `masteruser` and `masterauth`, apart because it is secret. */
  readonly replicationAuthFile: string;
  readonly maxmemoryBytes: number;
  /** Directory with `tls.crt`, `tls.key` and `ca.crt`; left out: nothing is encrypted. */
  readonly tlsDirectory?: string;
  /** Directory with the same files, for the bus alone: clients and replicas connect in the clear. `BUS_PARAMETER` turns it on. */
  readonly busDirectory?: string;
}

/**
 * `cluster-node-timeout` in ms: how long a node may be silent before its peers suspect it. A death is healed within
 * twice this plus 1 s by Redis itself; a healthy server must never stall for longer.
 */
export const NODE_TIMEOUT_MS: Readonly<Record<RedisProfile, number>> = { Standard: 5_000, Fast: 2_000 };

/**
 * The lines of the server's configuration file, for Redis 7.0 and Valkey 9 or later. The pod's address is not in it:
 * it is given at start (`--cluster-announce-ip`).
 */
export function serverConfig(input: ServerConfigInput): string[] {
  return [
    ...portLines(input),
    // The ACL keeps unknown clients out; protected mode would keep the other pods out.
    'protected-mode no',
    `aclfile ${input.aclFile}`,
    `include ${input.replicationAuthFile}`,
    'tcp-keepalive 60',
    'timeout 0',
    'enable-debug-command no',
    ...clusterLines(input),
    ...persistenceLines(input.dataDirectory),
    ...replicationLines(input.maxmemoryBytes),
    ...memoryLines(input.maxmemoryBytes),
    ...(ENGINES[input.engine].failsOverOnSigterm ? ['shutdown-on-sigterm failover'] : []),
  ];
}

/** Clients, replicas and the bus of the cluster alike. Without a plain-text port no client can forget to encrypt. */
function portLines({ port, tlsDirectory, busDirectory }: ServerConfigInput): string[] {
  if (tlsDirectory === undefined) return [`port ${port}`, ...busLines(port, busDirectory)];
  return [
    'port 0',
    `tls-port ${port}`,
    'tls-cluster yes',
    'tls-replication yes',
    // Clients log in with a password. On the bus both sides show a certificate, whatever is said here.
    'tls-auth-clients no',
    ...certificateLines(tlsDirectory),
  ];
}

/** Redis' own distance between the port for clients and the bus. */
const BUS_OFFSET = 10_000;

/** With authentication the bus would move to 10,000 above the port for TLS, which is not there. */
function busLines(port: number, directory: string | undefined): string[] {
  return directory === undefined ? [] : [`cluster-port ${port + BUS_OFFSET}`, ...certificateLines(directory)];
}

function certificateLines(directory: string): string[] {
  return [
    `tls-cert-file ${directory}/tls.crt`,
    `tls-key-file ${directory}/tls.key`,
    `tls-ca-cert-file ${directory}/ca.crt`,
  ];
}

function clusterLines(input: ServerConfigInput): string[] {
  return [
    'cluster-enabled yes',
    'cluster-config-file nodes.conf',
    `cluster-node-timeout ${NODE_TIMEOUT_MS[input.profile]}`,
    // One lost shard must not stop the others.
    'cluster-require-full-coverage no',
    // For people who read keys by hand while the majority is lost. It serves no presence server: those read by a function, which
    // counts as a write because it removes what has expired, and go on from memory instead.
    'cluster-allow-reads-when-down yes',
    'cluster-replica-validity-factor 0',
    // Placement gives every replica its shard; migration would put two members of one shard on one node.
    'cluster-allow-replica-migration no',
    ...(ENGINES[input.engine].setsForgetBan ? [`${BAN_PARAMETER} ${BAN_SECONDS}`] : []),
  ];
}

/** Not for durability: a primary that restarts empty makes its replica empty too. */
function persistenceLines(directory: string): string[] {
  return [
    `dir ${directory}`,
    'appendonly yes',
    'appendfsync everysec',
    'no-appendfsync-on-rewrite yes',
    'save ""',
  ];
}

/** Used when memory has no limit. */
const BACKLOG_WITHOUT_LIMIT = 64 * 2 ** 20;
const MIN_BACKLOG = 8 * 2 ** 20;
const MAX_BACKLOG = 256 * 2 ** 20;
/** Part of the memory that keeps what a replica missed: it counts towards `maxmemory`, so it is missing for keys. */
const BACKLOG_SHARE = 1 / 8;

/** Bytes of writes after which a replica that was away must copy everything again. */
export function replicationBacklog(maxmemoryBytes: number): number {
  if (maxmemoryBytes <= 0) return BACKLOG_WITHOUT_LIMIT;
  return Math.min(MAX_BACKLOG, Math.max(MIN_BACKLOG, Math.floor(maxmemoryBytes * BACKLOG_SHARE)));
}

function replicationLines(maxmemoryBytes: number): string[] {
  return [
    'repl-diskless-sync yes',
    'repl-diskless-sync-delay 0',
    `repl-backlog-size ${replicationBacklog(maxmemoryBytes)}`,
    'min-replicas-to-write 0',
  ];
}

function memoryLines(maxmemoryBytes: number): string[] {
  return [
    `maxmemory ${Math.floor(maxmemoryBytes)}`,
    // What expires next goes first; an evicted key without an expiry would be a false "offline".
    'maxmemory-policy volatile-ttl',
    'client-output-buffer-limit pubsub 32mb 8mb 60',
    'lazyfree-lazy-eviction yes',
    'lazyfree-lazy-expire yes',
    'lazyfree-lazy-server-del yes',
    'lazyfree-lazy-user-del yes',
    'lazyfree-lazy-user-flush yes',
    'replica-lazy-flush yes',
  ];
}
