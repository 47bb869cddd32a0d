import { EventEmitter } from 'node:events';
import type { Cluster } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { differs, SlotWatch } from './slot-watch.ts';

type Answer = [number, number, ...[string, number][]][];

const HALVES: Answer = [
  [0, 8_191, ['a', 1], ['b', 2]],
  [8_192, 16_383, ['c', 3], ['d', 4]],
];
const NODES = new Set(['a:1', 'b:2', 'c:3', 'd:4']);

/** What ioredis makes of an answer: one list for all slots of a range. */
function slotsOf(answer: Answer): string[][] {
  const slots: string[][] = [];
  for (const [first, last, ...servers] of answer) {
    const keys = servers.map(([host, port]) => `${host}:${port}`);
    for (let slot = first; slot <= last; slot++) slots[slot] = keys;
  }
  return slots;
}

/** A client of two primaries, each of which answers what `says` gives, and counts what it is asked. */
class FakeCluster extends EventEmitter {
  readonly status = 'ready';
  readonly slots = slotsOf(HALVES);
  refreshes = 0;
  readonly asked: string[] = [];
  says: (primary: string) => Promise<Answer> = async () => HALVES;

  nodes(kind: 'master' | 'all') {
    const ports = { a: 1, b: 2, c: 3, d: 4 };
    const hosts = kind === 'master' ? (['a', 'c'] as const) : (['a', 'b', 'c', 'd'] as const);
    return hosts.map((host) => ({
      options: { host, port: ports[host] },
      cluster: () => {
        this.asked.push(host);
        return this.says(host);
      },
    }));
  }

  refreshSlotsCache(done: () => void): void {
    this.refreshes++;
    done();
  }
}

function watched() {
  const clock = new ManualClock();
  const cluster = new FakeCluster();
  const watch = new SlotWatch(cluster as unknown as Cluster, clock);
  return { clock, cluster, watch };
}

describe('SlotWatch', () => {
  it('asks another primary each time, and refreshes nothing while nothing has changed', async () => {
    const { clock, cluster } = watched();
    for (let round = 0; round < 4; round++) await clock.advance(2_000);
    expect(cluster.asked).toEqual(['a', 'c', 'a', 'c']);
    expect(cluster.refreshes).toBe(0);
  });

  it('refreshes when the answer of a primary differs', async () => {
    const { clock, cluster } = watched();
    cluster.says = async () => [[0, 16_383, ['c', 3], ['d', 4]]];
    await clock.advance(2_000);
    expect(cluster.refreshes).toBe(1);
  });

  it('asks the next one when a primary fails or hangs, and refreshes when none answers', async () => {
    const { clock, cluster } = watched();
    cluster.says = (host) => (host === 'a' ? new Promise(() => {}) : Promise.resolve(HALVES));
    await clock.advance(2_000);
    await clock.advance(1_000);
    expect(cluster.asked).toEqual(['a', 'c']);
    expect(cluster.refreshes).toBe(0);
    cluster.says = () => Promise.reject(new Error('Connection is closed.'));
    await clock.advance(2_000);
    expect(cluster.refreshes).toBe(1);
  });

  it('refreshes once after something failed, without asking', async () => {
    const { clock, cluster, watch } = watched();
    watch.noteFailure();
    await clock.advance(2_000);
    expect([cluster.refreshes, cluster.asked.length]).toEqual([1, 0]);
    cluster.emit('-node');
    await clock.advance(2_000);
    expect(cluster.refreshes).toBe(2);
    await clock.advance(2_000);
    expect([cluster.refreshes, cluster.asked.length]).toEqual([2, 1]);
  });

  it('stops when it is closed, also while an answer is due', async () => {
    const { clock, cluster, watch } = watched();
    cluster.says = () => new Promise(() => {});
    await clock.advance(2_000);
    watch.close();
    await clock.advance(60_000);
    expect(cluster.refreshes).toBe(0);
    expect(cluster.asked.length).toBeLessThanOrEqual(2);
  });
});

describe('differs', () => {
  const known = (slots = slotsOf(HALVES), nodes = NODES) => ({ slots, nodes });

  it('finds no difference in the same answer, also without the list that ioredis shares', () => {
    expect(differs(HALVES, known())).toBe(false);
    const apart = slotsOf(HALVES).map((keys) => [...keys]);
    expect(differs(HALVES, known(apart))).toBe(false);
  });

  it.each<[string, Answer]>([
    ['a primary and its replica have changed places', [[0, 8_191, ['b', 2], ['a', 1]]]],
    ['one slot has moved', [[8_191, 8_191, ['c', 3], ['d', 4]]]],
    ['a replica is gone', [[0, 8_191, ['a', 1]]]],
  ])('finds that %s', (_, answer) => expect(differs(answer, known())).toBe(true));

  it('finds a node without a connection', () => {
    expect(differs(HALVES, known(slotsOf(HALVES), new Set(['a:1', 'b:2', 'c:3'])))).toBe(true);
  });

  it('finds that a redirection has changed the list that all slots of a range share', () => {
    const slots = slotsOf(HALVES);
    (slots[5] as string[])[0] = 'c:3';
    expect(differs(HALVES, known(slots))).toBe(true);
  });

  it('ignores nodes without an address', () => {
    const withUnknown: Answer = [[0, 8_191, ['a', 1], ['b', 2], ['', 5]]];
    expect(differs(withUnknown, known())).toBe(false);
  });
});
