import { expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { metricsAtRest, quietScheduler } from '../../../test/support/presence-parts.ts';
import type { Entry } from '../../domain/presence-state/entry.ts';
import { silentLogger } from '../../platform/telemetry/log.ts';
import type { Membership, Position, PresenceStore } from '../store/store.ts';
import { Rooms } from './rooms.ts';

const HERE = 'the pod under test';
const GRACE_MS = 10_000;
/** A beat, what a late message may take, and the beat that agrees. */
const SOME_BEATS_MS = 3_000;

/** Redis as far as one wedding goes: who is lost stays until a call comes after the end of the grace. */
class SweepingStore implements PresenceStore {
  readonly available = true;
  readonly entries = new Map<string, Entry>();
  readonly history = async () => [];
  readonly expel = async () => ({ ...this.#position(), ended: 0 });
  readonly #clock: ManualClock;
  readonly #graces = new Map<string, number>();
  #seq = 0;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  async join(_: string, __: Position | undefined, { connection, user, body }: Membership) {
    const times = { since: 1, updatedAt: 1, version: ++this.#seq };
    this.entries.set(connection, { user, body, pod: HERE, state: 'present', ...times });
    return this.snapshot();
  }

  async drop(...[, , connection, reason]: Parameters<PresenceStore['drop']>): Promise<Position> {
    const entry = this.entries.get(connection);
    if (entry === undefined) return this.#position();
    this.entries.set(connection, { ...entry, state: 'reconnecting', reason, version: ++this.#seq });
    this.#graces.set(connection, this.#clock.monotonicMs() + GRACE_MS);
    return this.#position();
  }

  heartbeat = async () => this.#position();
  snapshot = async () => ({ ...this.#position(), entries: new Map(this.entries) });
  enter = async () => this.#position();
  update = async () => this.#position();
  leave = async () => this.#position();
  patch = async () => ({ ...this.#position(), changed: [] });
  subscribe = async () => {};
  unsubscribe = async () => {};
  close = async () => {};

  #position(): Position {
    for (const [connection, until] of this.#graces) {
      if (until > this.#clock.monotonicMs()) continue;
      this.#graces.delete(connection);
      this.entries.delete(connection);
      this.#seq++;
    }
    return { epoch: 'e', seq: this.#seq };
  }
}

it('the last person of a wedding leaves it when the grace is over, although the room is empty', async () => {
  const clock = new ManualClock();
  const store = new SweepingStore(clock);
  const metrics = metricsAtRest();
  const scheduler = quietScheduler(clock);
  const rooms = new Rooms({
    store,
    clock,
    metrics,
    scheduler,
    incarnation: HERE,
    log: silentLogger(),
    random: () => 0.5,
    peers: { publish: () => {} },
    teamOf: () => undefined,
  });
  const room = rooms.open('w');
  const membership: Membership = {
    connection: 'c1',
    user: 'ann',
    body: { role: 'other' },
    graceMs: GRACE_MS,
  };
  const sink = { deliver: () => {}, congested: () => false };
  await room.join({ membership, lean: false, sink }, undefined, {
    id: undefined,
    resumes: false,
    since: undefined,
  });
  await room.drop('c1', 'lost');
  await clock.advance(GRACE_MS - SOME_BEATS_MS);
  expect(store.entries.get('c1')?.state).toBe('reconnecting');
  await clock.advance(2 * SOME_BEATS_MS);
  expect([...store.entries.keys()]).toEqual([]);
  expect([rooms.size, clock.pending]).toEqual([0, 0]);
});
