import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { metricsAtRest } from '../../../test/support/presence-parts.ts';
import type { ProvisionalMessage, ServerMessage } from '../../api/protocol/messages.ts';
import type { Entry } from '../../domain/presence-state/entry.ts';
import type { ProvisionalState } from '../../domain/presence-state/provisional.ts';
import { type Position, StoreUnavailable, WeddingFull } from '../store/store.ts';
import { ARRIVAL_WINDOW_MS, Broadcast } from './broadcast.ts';
import { DegradedMode } from './degraded-mode.ts';
import { OpenRequests } from './open-requests.ts';
import type { PendingLeave } from './reconciler.ts';
import { Replica } from './replica.ts';
import { UnackedWrites } from './unacked-writes.ts';

const entry: Entry = {
  user: 'ann',
  body: { role: 'other', status: 'before' },
  pod: 'me',
  state: 'present',
  since: 1,
  updatedAt: 1,
  version: 1,
};
const after = { role: 'other', status: 'after' } as const;
const DONE: Position = { epoch: 'e', seq: 2 };

/** The writes of one pod with their degraded mode; connection c is ann's, and a watcher gets what clients are sent. */
function setUp(clock: ManualClock, replica: Replica) {
  const provisional: ProvisionalMessage[] = [];
  const published: { state: ProvisionalState; to: string[] }[] = [];
  const redis = { request: (): Promise<Position> => Promise.resolve(DONE), requests: 0, desiredReads: 0 };
  const request = (): Promise<Position> => {
    redis.requests++;
    return redis.request();
  };
  const broadcast = new Broadcast({
    wedding: 'w',
    clock,
    replica,
    staleness: { ageMs: 400, staleMs: undefined },
    teamOf: () => undefined,
    metrics: { delivered: () => {}, conflated: () => {} },
  });
  const leaves = new Map<string, PendingLeave>();
  const degraded = new DegradedMode({
    wedding: 'w',
    incarnation: 'me',
    clock,
    replica,
    broadcast: {
      get: (connection) => {
        redis.desiredReads++;
        return broadcast.get(connection);
      },
      publishProvisional: (changes) => broadcast.publishProvisional(changes),
      provisional: broadcast.provisional,
    },
    leaves,
    peers: { publish: (_, state, to) => published.push({ state, to: [...to] }) },
  });
  const writes = new UnackedWrites({
    wedding: 'w',
    incarnation: 'me',
    clock,
    replica,
    broadcast,
    leaves,
    degraded,
    store: { update: request, enter: request, leave: request, drop: request },
    requests: new OpenRequests(metricsAtRest(), () => {}),
    metrics: metricsAtRest(),
    onRepeatFailed: () => {},
  });
  const subscribe = (connection: string, user: string, deliver: (message: ServerMessage) => void) =>
    broadcast.admit(
      {
        membership: { connection, user, body: { role: 'other' }, graceMs: 1 },
        lean: false,
        sink: { deliver: ({ text }) => deliver(JSON.parse(text) as ServerMessage), congested: () => false },
      },
      { id: undefined, resumes: true, since: undefined },
    );
  return { provisional, published, redis, broadcast, degraded, writes, subscribe };
}

describe('DegradedMode', () => {
  let clock: ManualClock;
  let replica: Replica;
  let world: ReturnType<typeof setUp>;

  beforeEach(async () => {
    clock = new ManualClock();
    replica = new Replica();
    const other = { ...entry, user: 'bob', pod: 'other' };
    const entries = new Map([
      ['c', entry],
      ['d', other],
    ]);
    replica.install({ epoch: 'e', seq: 1, entries });
    world = setUp(clock, replica);
    await world.subscribe('c', 'ann', () => {});
    await world.subscribe('watcher', 'watcher', (message) => {
      if (message.type === 'provisional') world.provisional.push(message);
    });
    await clock.advance(ARRIVAL_WINDOW_MS);
  });

  const hanging = () => new Promise<never>(() => {});

  it('shows and publishes nothing that Redis acknowledges in time', async () => {
    const { redis, writes, degraded, provisional, published } = world;
    redis.request = () => clock.sleep(200).then(() => DONE);
    const updated = writes.update('c', after);
    await clock.advance(200);
    await updated;
    await clock.advance(5_000);
    expect([provisional, published, clock.pending]).toEqual([[], [], 0]);
    expect([degraded.active, redis.desiredReads]).toEqual([false, 0]);
  });

  it.each([
    ['closed', 1],
    ['drained', 0],
  ] as const)(
    'shows a loss that Redis does not acknowledge, but not of a drained client: %s',
    async (reason, shown) => {
      world.redis.request = hanging;
      const refused = expect(world.writes.leave('c', { kind: 'drop', reason })).rejects.toThrow(
        StoreUnavailable,
      );
      await clock.advance(1_000);
      await refused;
      expect(world.provisional.flatMap(({ changes }) => changes)).toHaveLength(shown);
    },
  );

  it('shows a change after a quarter of a second, publishes it to the pods of the wedding, and rejects after one', async () => {
    const { redis, writes, degraded, provisional, published } = world;
    redis.request = hanging;
    const refused = expect(writes.update('c', after)).rejects.toThrow(StoreUnavailable);
    await clock.advance(249);
    expect(provisional).toEqual([]);
    await clock.advance(21);
    expect(provisional).toMatchObject([
      { staleMs: 400, changes: [{ op: 'set', member: { user: 'ann', status: 'after' } }], withdrawn: [] },
    ]);
    expect(published).toMatchObject([
      { state: { epoch: 'e', seq: 1, values: [{ kind: 'present' }] }, to: ['other'] },
    ]);
    await clock.advance(730);
    await refused;
    expect(writes.away).toBe(true);
    degraded.close();
  });

  it('sends no request while Redis is away, and sends one again after an answer', async () => {
    const { redis, writes, degraded, provisional } = world;
    writes.noteNoAnswer();
    await expect(writes.update('c', after)).rejects.toThrow(StoreUnavailable);
    expect([redis.requests, provisional.length]).toEqual([0, 1]);
    writes.noteAnswer();
    expect(await writes.update('c', after)).toEqual(DONE);
    expect(redis.requests).toBe(1);
    degraded.close();
  });

  it('publishes everything again each second, and at the end that nothing is left', async () => {
    const { writes, degraded, broadcast, provisional, published } = world;
    writes.noteNoAnswer();
    await writes.update('c', after).catch(() => {});
    await clock.advance(3_100);
    const counters = published.map(({ state }) => state.counter);
    expect(published.length).toBeGreaterThanOrEqual(4);
    expect(counters).toEqual([...new Set(counters)].toSorted((a, b) => a - b));
    const numbered = { ...entry, body: after, version: 2 };
    replica.apply({
      epoch: 'e',
      seq: 2,
      origin: '',
      changes: [{ op: 'set', connection: 'c', entry: numbered }],
    });
    degraded.refresh();
    await clock.advance(5_000);
    expect(published.at(-1)?.state.values).toEqual([]);
    expect(provisional.at(-1)).toMatchObject({ changes: [], withdrawn: ['ann'] });
    expect([degraded.hasPending, degraded.active, broadcast.provisional.size, clock.pending]).toEqual([
      false,
      false,
      0,
      0,
    ]);
  });

  it('computes what it wants once a second, and publishes what it shows', async () => {
    const { redis, writes, degraded, broadcast, published } = world;
    writes.noteNoAnswer();
    await writes.update('c', after).catch(() => {});
    await clock.advance(500);
    const [readsBefore, publishedBefore] = [redis.desiredReads, published.length];
    await clock.advance(3_000);
    expect([redis.desiredReads - readsBefore, published.length - publishedBefore]).toEqual([3, 3]);
    expect(published.at(-1)?.state.values).toMatchObject([{ body: after }]);
    expect(broadcast.provisional.changes).toMatchObject([{ member: after }]);
    degraded.close();
  });

  it('does not start for what Redis refuses', async () => {
    world.redis.request = async () => Promise.reject(new WeddingFull('full'));
    await expect(world.writes.update('c', after)).rejects.toThrow(WeddingFull);
    expect([world.writes.away, world.degraded.active, world.provisional]).toEqual([false, false, []]);
  });

  it('never starts before there is a state to go on with', () => {
    const { writes } = setUp(clock, new Replica());
    writes.noteNoAnswer();
    expect(writes.away).toBe(false);
  });
});
