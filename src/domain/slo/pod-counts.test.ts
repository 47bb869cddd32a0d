import { describe, expect, it } from 'vitest';
import { CountedPods } from './counted-pods.ts';
import { type CountsRead, judgeCounts, type PodCounts } from './pod-counts.ts';

const NOW = Date.parse('2027-06-05T12:00:00Z');
const SHARDS = 3;
const COUNTS: PodCounts = {
  startedAt: NOW / 1000 - 3600,
  clock: NOW / 1000,
  returned: 1000,
  inTime: 990,
  delaySeconds: 40,
  lost: 5,
  joined: 70,
  failedJoins: 2,
};

/** The counts after some seconds, and what has changed in them. */
function later(seconds: number, more: Partial<PodCounts> = {}): CountsRead {
  const at = NOW + seconds * 1000;
  return {
    counts: { ...COUNTS, clock: at / 1000, ...more },
    withinMs: 2000,
    at,
    monotonicMs: seconds * 1000,
  };
}

const judge = (more: Partial<PodCounts>, before: CountsRead | undefined = later(0)) =>
  judgeCounts(before, later(15, more), SHARDS);

describe('the counts of a pod', () => {
  it('are what was counted since they were read before', () => {
    expect(
      judge({ returned: 1040, inTime: 1028, delaySeconds: 60, lost: 8, joined: 75, failedJoins: 3 }),
    ).toEqual({
      kind: 'counted',
      tally: { updates: { failed: 5, total: 43 }, joins: { failed: 1, total: 6 } },
    });
    expect(judgeCounts(undefined, later(0), SHARDS)).toEqual({ kind: 'first' });
  });

  it('are compared with none of an earlier objective, for which other delays were in time', () => {
    for (const inTime of [900, 1001]) {
      const now = { ...later(15, { returned: 1010, inTime }), withinMs: 5000 };
      expect(judgeCounts(later(0), now, SHARDS)).toEqual({ kind: 'first' });
    }
  });

  it('are counted from zero after a restart', () => {
    const fresh = {
      startedAt: NOW / 1000 + 5,
      returned: 20,
      inTime: 20,
      delaySeconds: 0.1,
      lost: 0,
      joined: 1,
      failedJoins: 0,
    };
    expect(judge(fresh)).toEqual({
      kind: 'counted',
      tally: { updates: { failed: 0, total: 20 }, joins: { failed: 0, total: 1 } },
    });
  });

  it.each<[string, Partial<PodCounts>, string]>([
    ['go back', { returned: 900, inTime: 890 }, 'its counters went back, and it did not restart'],
    ['go back in one', { lost: 4 }, 'its counters went back, and it did not restart'],
    [
      'have negative delays',
      { returned: 1010, inTime: 1000, delaySeconds: 39 },
      'it reports negative delays',
    ],
    [
      'have delays that are lost',
      { returned: 1010, inTime: 990, delaySeconds: 141 },
      'it reports delays that cannot be',
    ],
    [
      'have more in time than there are',
      { returned: 1010, inTime: 1001 },
      'it reports delays that cannot be',
    ],
    ['are of a clock an hour ahead', { clock: NOW / 1000 + 3615 }, 'its clock is 60 min ahead'],
    ['are of a clock an hour behind', { clock: NOW / 1000 - 3585 }, 'its clock is 60 min behind'],
    ['are NaN', { returned: Number.NaN }, 'its counters are not whole numbers from 0'],
    ['are negative', { lost: -1 }, 'its counters are not whole numbers from 0'],
    ['are infinite', { delaySeconds: Number.POSITIVE_INFINITY }, 'it reports no numbers'],
    [
      'are too many',
      { returned: 1091, inTime: 1081 },
      'it reports more hidden changes than it can have sent',
    ],
    ['are more joins than can be', { joined: 700_000 }, 'it reports more joins than it can have taken'],
  ])('are not believed when they %s', (_, more, because) => {
    expect(judge(more)).toEqual({ kind: 'wrong', because });
  });
});

describe('a pod that is not believed', () => {
  const read = (pods: CountedPods, seconds: number, counts: Record<string, Partial<PodCounts>>) =>
    pods.take({
      counts: new Map(Object.entries(counts).map(([name, more]) => [name, later(seconds, more)])),
      pods: new Set(Object.keys(counts)),
      shards: SHARDS,
      monotonicMs: seconds * 1000,
    });
  const grown = (seconds: number): Partial<PodCounts> => ({
    returned: 1000 + seconds,
    inTime: 990 + seconds,
  });

  it('is named and left out for ten minutes, the others count on', () => {
    const pods = new CountedPods();
    expect(read(pods, 0, { good: {}, bad: {} })).toBeUndefined();
    expect(read(pods, 15, { good: grown(15), bad: { returned: 0, inTime: 0 } })?.updates.total).toBe(15);
    expect(pods.leftOut).toEqual([{ pod: 'bad', because: 'its counters went back, and it did not restart' }]);
    expect(read(pods, 30, { good: grown(30), bad: { returned: 9, inTime: 9 } })?.updates.total).toBe(15);
    for (let seconds = 45; seconds < 615; seconds += 15)
      read(pods, seconds, { good: grown(seconds), bad: { returned: 9, inTime: 9 } });
    expect(pods.leftOut).toHaveLength(1);
    expect(read(pods, 615, { good: grown(615), bad: { returned: 10, inTime: 10 } })?.updates.total).toBe(16);
    expect(pods.leftOut).toEqual([]);
  });

  it('is forgotten when it is gone', () => {
    const pods = new CountedPods();
    read(pods, 0, { good: {}, bad: { clock: 0 } });
    expect(pods.leftOut).toHaveLength(1);
    read(pods, 15, { good: grown(15) });
    expect(pods.leftOut).toEqual([]);
  });
});
