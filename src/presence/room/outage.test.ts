import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { ProvisionalMessage } from '../../api/protocol/messages.ts';
import type { Entry } from '../../domain/presence-state/entry.ts';
import type { ProvisionalState } from '../../domain/presence-state/provisional.ts';
import { type Membership, StoreUnavailable, WeddingFull } from '../store/store.ts';
import { Outage } from './outage.ts';
import type { Departure } from './repairs.ts';
import { Replica } from './replica.ts';

const entry: Entry = {
  ...{ user: 'ann', body: { role: 'other', status: 'before' }, pod: 'me', state: 'present' },
  ...{ since: 1, updatedAt: 1, version: 1 },
};
const wanted: Membership = {
  ...{ connection: 'c', user: 'ann', body: { role: 'other', status: 'after' }, graceMs: 1 },
};

describe('Outage', () => {
  let clock: ManualClock;
  let replica: Replica;
  let outage: Outage;
  let told: ProvisionalMessage[];
  let handed: { state: ProvisionalState; to: string[] }[];
  let wantedAsked: number;
  /** What the pod wants of connection c. */
  let ofC: Membership | Departure;

  beforeEach(() => {
    clock = new ManualClock();
    replica = new Replica();
    const other = { ...entry, user: 'bob', pod: 'other' };
    replica.install({
      epoch: 'e',
      seq: 1,
      entries: new Map([
        ['c', entry],
        ['d', other],
      ]),
    });
    told = [];
    handed = [];
    wantedAsked = 0;
    ofC = wanted;
    outage = new Outage({
      ...{ wedding: 'w', incarnation: 'me', clock, replica, ageMs: () => 400 },
      wantedOf: (connection) => {
        wantedAsked++;
        return connection === 'c' ? ofC : undefined;
      },
      audience: {
        holds: () => false,
        tellProvisional: (encode) => told.push(JSON.parse(encode(false)) as ProvisionalMessage),
      },
      peers: { hand: (_, state, to) => handed.push({ state, to: [...to] }) },
    });
  });

  const hanging = () => new Promise<never>(() => {});

  it('shows and hands on nothing that Redis confirms in time', async () => {
    const asked = outage.confirm('c', () => clock.sleep(200));
    await clock.advance(200);
    await asked;
    await clock.advance(5_000);
    expect([told, handed, clock.pending]).toEqual([[], [], 0]);
  });

  it.each([
    ['closed', 1],
    ['drained', 0],
  ] as const)(
    'shows a loss that Redis does not confirm, but not of who was asked to go: %s',
    async (reason, shown) => {
      ofC = { kind: 'drop', reason };
      const refused = expect(outage.confirm('c', hanging)).rejects.toThrow(StoreUnavailable);
      await clock.advance(1_000);
      await refused;
      expect(told.flatMap(({ changes }) => changes)).toHaveLength(shown);
    },
  );

  it('shows a change after a quarter of a second, hands it to the pods of the wedding, and says so after one', async () => {
    const asked = outage.confirm('c', hanging);
    const refused = expect(asked).rejects.toThrow(StoreUnavailable);
    await clock.advance(249);
    expect(told).toEqual([]);
    await clock.advance(21);
    expect(told).toMatchObject([
      { staleMs: 400, changes: [{ op: 'set', member: { user: 'ann', status: 'after' } }], withdrawn: [] },
    ]);
    expect(handed).toMatchObject([
      { state: { epoch: 'e', seq: 1, values: [{ kind: 'present' }] }, to: ['other'] },
    ]);
    await clock.advance(730);
    await refused;
    expect(outage.away).toBe(true);
    outage.close();
  });

  it('asks Redis no more for it while it is away, and again when it has answered', async () => {
    outage.failed();
    let asked = 0;
    const request = async () => ++asked;
    await expect(outage.confirm('c', request)).rejects.toThrow(StoreUnavailable);
    expect([asked, told.length]).toEqual([0, 1]);
    outage.answered();
    expect(await outage.confirm('c', request)).toBe(1);
    outage.close();
  });

  it('says everything again each second, and at the end that nothing is left', async () => {
    outage.failed();
    await outage.confirm('c', hanging).catch(() => {});
    await clock.advance(3_100);
    const counters = handed.map(({ state }) => state.counter);
    expect(handed.length).toBeGreaterThanOrEqual(4);
    expect(counters).toEqual([...new Set(counters)].toSorted((a, b) => a - b));
    const change = {
      op: 'set' as const,
      connection: 'c',
      entry: { ...entry, body: wanted.body, version: 2 },
    };
    replica.apply({ epoch: 'e', seq: 2, origin: '', changes: [change] });
    outage.refresh();
    await clock.advance(5_000);
    expect(handed.at(-1)?.state.values).toEqual([]);
    expect(told.at(-1)).toMatchObject({ changes: [], withdrawn: ['ann'] });
    expect([outage.owes, outage.shown, clock.pending]).toEqual([false, 0, 0]);
  });

  it('works out what it wants once a second, and says what it shows', async () => {
    outage.failed();
    await outage.confirm('c', hanging).catch(() => {});
    await clock.advance(500);
    const [askedBefore, saidBefore] = [wantedAsked, handed.length];
    await clock.advance(3_000);
    expect([wantedAsked - askedBefore, handed.length - saidBefore]).toEqual([3, 3]);
    expect(handed.at(-1)?.state.values).toMatchObject([{ body: wanted.body }]);
    expect(outage.changes()).toMatchObject([{ member: wanted.body }]);
    outage.close();
  });

  it('does not take for an outage what Redis refuses', async () => {
    const full = async () => Promise.reject(new WeddingFull('full'));
    await expect(outage.confirm('c', full)).rejects.toThrow(WeddingFull);
    expect([outage.away, told]).toEqual([false, []]);
  });

  it('is never away before there is a state to go on with', () => {
    const empty = new Outage({
      ...{ wedding: 'w', incarnation: 'me', clock, replica: new Replica(), ageMs: () => 0 },
      ...{ wantedOf: () => undefined, peers: { hand: () => {} } },
      audience: { holds: () => false, tellProvisional: () => {} },
    });
    empty.failed();
    expect(empty.away).toBe(false);
  });
});
