import { MOST_CONNECTIONS_OF_A_WEDDING } from '../store/put-arguments.ts';
import { type Membership, type Position, type PresenceStore, StoreUnavailable } from '../store/store.ts';
import type { PresenceMetrics } from '../telemetry/metrics.ts';
import type { Follower } from './follower.ts';
import type { Outage } from './outage.ts';
import type { Subscription } from './subscription.ts';

export interface EntranceDeps {
  readonly wedding: string;
  readonly store: Pick<PresenceStore, 'join' | 'enter'>;
  readonly metrics: Pick<PresenceMetrics, 'cache'>;
  readonly follower: Pick<Follower, 'replica' | 'following' | 'install' | 'reach' | 'resync'>;
  readonly subscription: Pick<Subscription, 'ensure'>;
  readonly outage: Pick<Outage, 'entered'>;
  readonly isStale: () => boolean;
}

/** Makes connections members of one wedding. */
export class Entrance {
  readonly #deps: EntranceDeps;

  constructor(deps: EntranceDeps) {
    this.#deps = deps;
  }

  /**
   * Whether Redis knows of the member. False: Redis is away, but the person was a member already and may go on as one.
   * Who has seen (`since`) what this pod has not is not let in without Redis: the pod is behind, and would show the past.
   * Rejects with StoreUnavailable or WeddingFull.
   */
  async enter(membership: Membership, resume: string | undefined, since?: Position): Promise<boolean> {
    if (this.#isKnown(membership, since))
      return this.#deps.outage.entered(membership.connection, () => this.#ask(membership, resume));
    await this.#ask(membership, resume);
    return true;
  }

  async #ask(membership: Membership, resume: string | undefined): Promise<void> {
    const { wedding, store, metrics, follower, subscription, isStale } = this.#deps;
    await subscription.ensure();
    const seen = follower.replica.position;
    if (!follower.following || isStale()) {
      metrics.cache('snapshot', 'miss');
      follower.install(await store.join(wedding, seen, membership, resume));
      return;
    }
    const reached = await follower.reach(await store.enter(wedding, seen, membership, resume));
    metrics.cache('snapshot', reached ? 'hit' : 'miss');
    if (!reached && !(await follower.resync('join'))) throw new StoreUnavailable('the state did not come');
  }

  /** Whether the person is a member already, and one connection more still fits. */
  #isKnown({ user }: Membership, since: Position | undefined): boolean {
    const { replica } = this.#deps.follower;
    const { position, entries } = replica;
    if (position === undefined || !replica.hasReached(since ?? position)) return false;
    if (entries.size >= MOST_CONNECTIONS_OF_A_WEDDING) return false;
    return [...entries.values()].some((entry) => entry.user === user);
  }
}
