import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { metricsAtRest, quietScheduler } from '../../../test/support/presence-parts.ts';
import type { ServerMessage } from '../../api/protocol/messages.ts';
import { decodeMessage } from '../../client/decode-message.ts';
import type { Entry } from '../../domain/presence-state/entry.ts';
import { silentLogger } from '../../platform/telemetry/log.ts';
import type { Membership, Position, PresenceStore } from '../store/store.ts';
import { Room } from './room.ts';

const HERE = 'the pod under test';
const ELSEWHERE = 'another pod';
/** Two beats and what a late message may take, so that all is found and repeated. */
const SOME_BEATS_MS = 3_000;

/** Redis, whose messages all get lost. */
class SilentStore implements PresenceStore {
  readonly available = true;
  readonly entries = new Map<string, Entry>();
  readonly puts: string[] = [];
  readonly drops: string[] = [];
  epoch = 'e';
  seq = 0;
  now = 1_000;

  async enter(_: string, __: Position | undefined, wanted: Membership, resume?: string): Promise<Position> {
    this.puts.push(wanted.connection);
    return this.put(HERE, wanted.connection, wanted.user, resume);
  }

  /** As the function library does for one body: the entry that is replaced goes, and its times stay. */
  put(pod: string, connection: string, user: string, resume = ''): Position {
    const before = this.entries.get(connection) ?? this.entries.get(resume);
    this.entries.delete(resume);
    const { since, updatedAt } = before ?? { since: ++this.now, updatedAt: this.now };
    const times = { since, updatedAt, version: ++this.seq };
    this.entries.set(connection, { user, body: { role: 'other' }, pod, state: 'present', ...times });
    return this.#position;
  }

  async join(...[wedding, seen, wanted, resume]: Parameters<PresenceStore['join']>) {
    await this.enter(wedding, seen, wanted, resume);
    return this.snapshot();
  }

  async drop(_: string, __: Position | undefined, connection: string): Promise<Position> {
    this.drops.push(connection);
    return this.#position;
  }

  /** All is gone, and numbers begin anew. */
  lose(): void {
    this.entries.clear();
    this.epoch = `after ${this.epoch}`;
    this.seq = 0;
  }

  snapshot = async () => ({ ...this.#position, entries: new Map(this.entries) });
  heartbeat = async () => this.#position;
  update: PresenceStore['enter'] = (...asked) => this.enter(...asked);
  leave: PresenceStore['leave'] = (...asked) => this.drop(...asked);
  patch = async () => ({ ...this.#position, changed: [] });
  history = async () => [];
  expel = async () => ({ ...this.#position, ended: 0 });
  subscribe = async () => {};
  unsubscribe = async () => {};
  close = async () => {};

  get #position(): Position {
    return { epoch: this.epoch, seq: this.seq };
  }
}

function setUp() {
  const clock = new ManualClock();
  const store = new SilentStore();
  const metrics = metricsAtRest();
  const scheduler = quietScheduler(clock);
  const room = new Room('w', {
    store,
    clock,
    metrics,
    scheduler,
    incarnation: HERE,
    log: silentLogger(),
    random: () => 0.5,
    peers: { publish: () => {} },
    teamOf: () => undefined,
    onIdle: () => {},
  });
  const join = async (connection: string, user: string): Promise<ServerMessage[]> => {
    const told: ServerMessage[] = [];
    const membership: Membership = { connection, user, body: { role: 'other' }, graceMs: 10_000 };
    const deliver = ({ text }: { readonly text: string }) => void told.push(decodeMessage(text));
    const joined = room.join(
      { membership, lean: false, sink: { deliver, congested: () => false } },
      undefined,
      {
        id: undefined,
        resumes: false,
        since: undefined,
      },
    );
    await clock.advance(SOME_BEATS_MS);
    await joined;
    return told;
  };
  return { clock, store, room, join };
}

const changesIn = (told: readonly ServerMessage[]) =>
  told.flatMap((message) => (message.type === 'diff' ? message.changes : []));

describe('a room that learns from a snapshot what happened to its members', () => {
  it('detaches a connection that another server has taken over, and sends clients nothing', async () => {
    const { clock, store, room, join } = setUp();
    const bob = await join('of bob', 'bob');
    await join('old', 'ann');
    const [told, puts] = [bob.length, store.puts.length];
    store.put(ELSEWHERE, 'between', 'ann', 'old');
    store.put(ELSEWHERE, 'new', 'ann', 'between');
    await clock.advance(SOME_BEATS_MS);
    expect([...store.entries.keys()]).toEqual(['of bob', 'new']);
    expect(store.puts).toHaveLength(puts);
    expect(room.bodyOf('old')).toBeUndefined();
    expect(changesIn(bob.slice(told))).toEqual([]);
    room.close();
  });

  it('repeats a lost connection, although another device of its person is there or comes', async () => {
    const { clock, store, room, join } = setUp();
    store.put(ELSEWHERE, 'tablet', 'ann');
    await join('phone', 'ann');
    store.entries.delete('phone');
    store.put(ELSEWHERE, 'laptop', 'ann');
    await clock.advance(SOME_BEATS_MS);
    expect([...store.entries.keys()]).toEqual(['tablet', 'laptop', 'phone']);
    expect(room.bodyOf('phone')).toBeDefined();
    room.close();
  });

  it('repeats all its members within a heartbeat and the time of a late message after Redis has lost them', async () => {
    const { clock, store, room, join } = setUp();
    const told = await join('of ann', 'ann');
    await join('of bob', 'bob');
    store.lose();
    // docs/presence.md
    await clock.advance(1_250);
    expect([...store.entries.keys()]).toEqual(['of ann', 'of bob']);
    await clock.advance(SOME_BEATS_MS);
    const [last] = told.filter((message) => message.type === 'snapshot').slice(-1);
    expect(last?.epoch).toBe(store.epoch);
    expect(changesIn(told).some(({ op }) => op === 'leave')).toBe(false);
    room.close();
  });
});
