import { MAX_CONNECTIONS_PER_WEDDING } from '../../api/protocol/limits.ts';
import { type Membership, type Position, type PresenceStore, StoreUnavailable } from '../store/store.ts';
import type { PresenceMetrics } from '../telemetry/metrics.ts';
import type { Replica } from './replica.ts';
import type { Staleness } from './staleness.ts';
import type { StateSync } from './state-sync.ts';
import type { UnackedWrites } from './unacked-writes.ts';

export interface JoinHandlerDeps {
  readonly wedding: string;
  readonly store: Pick<PresenceStore, 'join' | 'enter'>;
  readonly metrics: Pick<PresenceMetrics, 'cache'>;
  readonly replica: Pick<Replica, 'position' | 'entries' | 'hasReached'>;
  readonly staleness: Pick<Staleness, 'staleMs'>;
  readonly sync: Pick<StateSync, 'following' | 'subscribe' | 'install' | 'reach' | 'resync'>;
  readonly writes: Pick<UnackedWrites, 'join'>;
}

/** Makes connections members of one wedding. */
export class JoinHandler {
  readonly #deps: JoinHandlerDeps;

  constructor(deps: JoinHandlerDeps) {
    this.#deps = deps;
  }

  /**
   * Resolves with true when Redis has the member, and with false when Redis is away and the person was a member already,
   * who may then go on as one. A client that has seen a later position (`since`) than this pod is not admitted without
   * Redis: it would be shown an older state. Rejects as `PresenceStore.join` does.
   */
  async join(membership: Membership, resume: string | undefined, since?: Position): Promise<boolean> {
    if (this.#isKnown(membership, since))
      return this.#deps.writes.join(membership.connection, () => this.#write(membership, resume));
    await this.#write(membership, resume);
    return true;
  }

  async #write(membership: Membership, resume: string | undefined): Promise<void> {
    const { wedding, store, metrics, replica, sync, staleness } = this.#deps;
    await sync.subscribe();
    const seen = replica.position;
    if (!sync.following || staleness.staleMs !== undefined) {
      metrics.cache('snapshot', 'miss');
      sync.install(await store.join(wedding, seen, membership, resume));
      return;
    }
    const reached = await sync.reach(await store.enter(wedding, seen, membership, resume));
    metrics.cache('snapshot', reached ? 'hit' : 'miss');
    if (!reached && !(await sync.resync('join'))) throw new StoreUnavailable('no snapshot came after a join');
  }

  /** Whether the person is a member already, and one more connection fits. */
  #isKnown({ user }: Membership, since: Position | undefined): boolean {
    const { position, entries } = this.#deps.replica;
    if (position === undefined || !this.#deps.replica.hasReached(since ?? position)) return false;
    if (entries.size >= MAX_CONNECTIONS_PER_WEDDING) return false;
    return [...entries.values()].some((entry) => entry.user === user);
  }
}
