import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import type { PeerAddress } from '../peers/peers.ts';
import type { PresenceStore, StateSnapshot } from '../store/store.ts';
import { chooseMoves, type Movable, surplus } from './rebalance.ts';
import { HIDDEN_PREFIX } from './shard-weddings.ts';

/** A connection that can be asked to move to another server. */
export interface FleetConnection extends Movable {
  /** Asks the client to move; a client that stays is not closed. */
  readonly move: () => void;
}

export interface FleetDeps {
  readonly store: Pick<PresenceStore, 'join'>;
  readonly incarnation: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Most connections that are asked to move per second; 0 turns moves off. */
  readonly movesPerSecond: number;
  /** Whether the addresses of other servers are needed even when moves are off. */
  readonly seeksPeers: boolean;
  /** The address at which other servers reach this one; undefined when they cannot. */
  readonly peerAddress: () => string | undefined;
  /** Called with the addresses of the other servers. */
  readonly found: (peers: readonly PeerAddress[]) => void;
  readonly connections: () => number;
  /** Whether this server accepts no new connections. */
  readonly draining: () => boolean;
  /** Connections that were not asked to move before. */
  readonly movable: () => readonly FleetConnection[];
}

/** The servers of one fleet are members of this wedding. */
export const FLEET_WEDDING = `${HIDDEN_PREFIX}fleet`;
/** Half of a lease, so that one late call does no harm. */
const PUBLISH_EVERY_MS = 1_000;
const DRAINING = 'draining';

/** Publishes the number of connections of this server, and slowly rebalances the fleet after a scale-out. */
export class Fleet {
  readonly #deps: FleetDeps;
  #moving = false;
  #closed = false;
  #cancel: Cancel = () => {};

  constructor(deps: FleetDeps) {
    this.#deps = deps;
    if (deps.movesPerSecond > 0 || deps.seeksPeers) void this.#tick();
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  async #tick(): Promise<void> {
    const { clock, log } = this.#deps;
    try {
      const state = await this.#publish();
      this.#deps.found(peersOf(state));
      this.#balance(state);
    } catch (error) {
      log.debug({ err: error }, 'could not read the other servers of the fleet');
    }
    if (!this.#closed) this.#cancel = clock.setTimeout(() => void this.#tick(), PUBLISH_EVERY_MS);
  }

  #publish(): Promise<StateSnapshot> {
    const { store, incarnation, connections, draining } = this.#deps;
    const status = draining() ? DRAINING : String(connections());
    const peer = this.#deps.peerAddress();
    const body = { role: 'other', status, ...(peer === undefined ? {} : { data: { peer } }) } as const;
    return store.join(FLEET_WEDDING, undefined, {
      connection: incarnation,
      user: incarnation,
      body,
      graceMs: 0,
    });
  }

  #balance({ entries }: StateSnapshot): void {
    const { incarnation, connections, draining, movable, movesPerSecond, log } = this.#deps;
    const others = [...entries]
      .filter(([id, { body }]) => id !== incarnation && body.status !== DRAINING)
      .map(([, { body }]) => Number(body.status) || 0);
    const count = draining() ? 0 : surplus({ own: connections(), others }, this.#moving);
    this.#moving = count > 0;
    if (count === 0) return;
    const moves = chooseMoves(movable(), Math.min(count, movesPerSecond));
    for (const connection of moves) connection.move();
    if (moves.length > 0) log.info({ moves: moves.length, surplus: count }, 'asked connections to move');
  }
}

/** Servers of older versions do not publish an address. */
function peersOf({ entries }: StateSnapshot): PeerAddress[] {
  return [...entries].flatMap(([incarnation, { body }]) => {
    const { peer } = (body.data ?? {}) as { readonly peer?: unknown };
    const match = typeof peer === 'string' ? /^(.+):(\d+)$/.exec(peer) : null;
    if (match?.[1] === undefined) return [];
    return [{ incarnation, host: match[1], port: Number(match[2]) }];
  });
}
