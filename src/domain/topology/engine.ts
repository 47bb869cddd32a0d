import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
export type EngineName = 'redis' | 'valkey';

/** The server that a node runs. */
export interface Engine {
  readonly name: EngineName;
  /** As the server reports it, e.g. `9.1.2` or `7.0.15`. */
  readonly version: string;
}

/** What differs between the engines. Everything that depends on the engine is one field of this table. */
export interface EngineTraits {
  readonly oldestMajor: number;
  readonly serverBinary: string;
  readonly cliBinary: string;
  /** Options that bound how long the command line connects; `redis-cli` 7.0 has none, and fails over what it does not know. A server that
   * takes the connection and does not answer is given up by the time-out of the probe. */
  readonly cliTimeout: readonly string[];
  /** `shutdown-on-sigterm failover`: a primary that is stopped hands over to its replica by itself. */
  readonly failsOverOnSigterm: boolean;
  /** How long after a failover the nodes may still take the old primary for the primary, and refuse the next one. */
  readonly rolesAgreeWithinMs: number;
  /**
   * For this many node time-outs after its election, a replica that is asked again counts the votes of that election as new
   * ones: it becomes a primary of an old epoch without replicas, and takes writes that are lost. It must not be asked.
   * Measured: Redis 7.0.15; not with Valkey 9.1.2.
   */
  readonly countsOldVotesFor: number;
  /**
   * For this many node time-outs after it stood for election a replica stands for no other: not by itself, and not by
   * FAILOVER FORCE, which still answers OK and takes effect when they are over, or never. Measured: 4 of Redis 7.0.15, none of
   * Valkey 9.1.2.
   */
  readonly restsBetweenElections: number;
  /** A replica notices by itself that its primary has a new address (valkey#965); Redis needs REPLICATE again. */
  readonly followsMovedPrimary: boolean;
  /**
   * The bus can take authenticated connections only while clients connect in the clear. Redis 7.0 then gives replicas the port for TLS
   * of their primary, which is 0, and they never follow it again once they were restarted (measured with 7.0.15).
   */
  readonly securesBusAlone: boolean;
  /** `cluster-blacklist-ttl`: how long a node is refused after CLUSTER FORGET can be set. */
  readonly setsForgetBan: boolean;
  /** CLUSTER MIGRATESLOTS moves whole slots, without a stop however big a key is. */
  readonly movesSlotsAtomically: boolean;
}

export const ENGINES: Readonly<Record<EngineName, EngineTraits>> = {
  redis: {
    oldestMajor: 7,
    serverBinary: 'redis-server',
    cliBinary: 'redis-cli',
    cliTimeout: [],
    failsOverOnSigterm: false,
    rolesAgreeWithinMs: 2_500,
    countsOldVotesFor: 2,
    restsBetweenElections: 4,
    followsMovedPrimary: false,
    securesBusAlone: false,
    setsForgetBan: false,
    movesSlotsAtomically: false,
  },
  valkey: {
    oldestMajor: 9,
    serverBinary: 'valkey-server',
    cliBinary: 'valkey-cli',
    cliTimeout: ['-t', '3'],
    failsOverOnSigterm: true,
    rolesAgreeWithinMs: 500,
    countsOldVotesFor: 0,
    restsBetweenElections: 0,
    followsMovedPrimary: true,
    securesBusAlone: true,
    setsForgetBan: true,
    movesSlotsAtomically: true,
  },
};

/** Whether the version is one that the server configuration and the ACL rules are made for. */
export function isSupported(engine: Engine): boolean {
  return Number.parseInt(engine.version, 10) >= ENGINES[engine.name].oldestMajor;
}

/** The engine of a spec as it is called here. */
export const ENGINE_NAME: Record<PresenceClusterSpec['redis']['engine'], EngineName> = {
  Valkey: 'valkey',
  Redis: 'redis',
};

/** Name of the parameter of Valkey that says how long a ban lasts. */
export const BAN_PARAMETER = 'cluster-blacklist-ttl';

/**
 * Seconds for which Valkey servers refuse a node after CLUSTER FORGET. The servers' default is 60. Measured with Valkey 9.1.2 and a
 * node timeout of 5 s: a forgotten node that still runs introduces itself again 5 s after the command, whatever the ban, and its
 * peers drop it again within about a second while the ban lasts. So a ban protects for as long as the pods of a removed shard take to end,
 * and each further second delays a shard that comes back.
 */
export const BAN_SECONDS = 10;

/** The default of the servers. */
const DEFAULT_BAN_SECONDS = 60;

/**
 * Seconds for which the peers of a node refuse it after CLUSTER FORGET, however it is introduced. Valkey and Redis from 7.2 on pass
 * the ban on with their pings. Measured: Valkey 9.1.2. By its source: Redis 7.2. Redis 7.0.15 takes a node back at once
 * by CLUSTER MEET (measured).
 *
 * @param configured value of `cluster-blacklist-ttl` on the server; undefined when it was not read
 */
export function banSeconds({ name, version }: Engine, configured?: string): number {
  if (name === 'redis' && /^7\.[01]\./.test(version)) return 0;
  const seconds = Number(configured);
  return configured === undefined || Number.isNaN(seconds) ? DEFAULT_BAN_SECONDS : seconds;
}
