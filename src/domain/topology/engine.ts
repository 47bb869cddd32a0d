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
  /** Options that make the command line give up by itself; `redis-cli` 7.0 has none, and fails over what it does not know. */
  readonly cliTimeout: readonly string[];
  /** `shutdown-on-sigterm failover`: a primary that is stopped hands over to its replica by itself. */
  readonly failsOverOnSigterm: boolean;
  /** How long after a failover the nodes may still take the old primary for the primary, and refuse the next one. */
  readonly rolesAgreeWithinMs: number;
  /**
   * For so many node time-outs after it was elected a replica that is asked again takes the votes of then for new ones: it
   * becomes a primary of an old epoch whom nobody follows, and takes writes that are lost. It must not be asked. Measured:
   * Redis 7.0.15; not with Valkey 9.1.2.
   */
  readonly countsOldVotesFor: number;
  /**
   * For so many node time-outs after it stood for election a replica stands for no other: not by itself, and not by FAILOVER
   * FORCE, which answers OK all the same and takes effect when they are over, or never. Measured: 4 of Redis 7.0.15, none of
   * Valkey 9.1.2.
   */
  readonly restsBetweenElections: number;
  /** A replica notices by itself that its primary has a new address (valkey#965); Redis needs REPLICATE again. */
  readonly followsMovedPrimary: boolean;
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
