import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import type { PeerAddress } from '../peers/peers.ts';
import type { PresenceStore, StateSnapshot } from '../store/store.ts';
import { chooseMoves, type Movable, surplus } from './rebalance.ts';
import { HIDDEN_PREFIX } from './shard-weddings.ts';

/** A connection that can be asked to go to another server. */
export interface FleetConnection extends Movable {
  /** Asks it to go; at the deadline nothing happens to those that stay. */
  readonly move: () => void;
}

export interface FleetDeps {
  readonly store: Pick<PresenceStore, 'join'>;
  readonly incarnation: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Connections that are asked to go in a second at most; 0: none ever. */
  readonly movesPerSecond: number;
  /** Whether the others are of interest even if nobody is ever asked to move. */
  readonly seeksPeers: boolean;
  /** Where other servers reach this one; undefined: not at all. */
  readonly peerAddress: () => string | undefined;
  /** Where this one reaches the others. */
  readonly found: (peers: readonly PeerAddress[]) => void;
  readonly connections: () => number;
  /** Takes no new connections. */
  readonly draining: () => boolean;
  /** Those that were not asked to go before. */
  readonly movable: () => readonly FleetConnection[];
}

/** The servers of one fleet see each other as members of this wedding. */
export const FLEET_WEDDING = `${HIDDEN_PREFIX}fleet`;
/** Less than two thirds of a lease, so that one late call does no harm. */
const TELL_EVERY_MS = 1_000;
const DRAINING = 'draining';

/** Tells the other servers how many connections this one has, and evens the fleet out after a scale-out, slowly. */
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
      const state = await this.#tell();
      this.#deps.found(peersOf(state));
      this.#balance(state);
    } catch (error) {
      log.debug({ err: error }, 'the other servers are not known at the moment');
    }
    if (!this.#closed) this.#cancel = clock.setTimeout(() => void this.#tick(), TELL_EVERY_MS);
  }

  #tell(): Promise<StateSnapshot> {
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

/** Servers of before do not say where they are. */
function peersOf({ entries }: StateSnapshot): PeerAddress[] {
  return [...entries].flatMap(([incarnation, { body }]) => {
    const { peer } = (body.data ?? {}) as { readonly peer?: unknown };
    const match = typeof peer === 'string' ? /^(.+):(\d+)$/.exec(peer) : null;
    if (match?.[1] === undefined) return [];
    return [{ incarnation, host: match[1], port: Number(match[2]) }];
  });
}
