import { describe, expect, it } from 'vitest';
import {
  ASSUMED_BYTES_A_CONNECTION,
  planShards,
  type ShardMemory,
  type ShardPlanInput,
} from './shard-plan.ts';

const NOW = new Date('2027-05-01T12:00:00Z');
const DAY_MS = 86_400_000;
const MIB = 2 ** 20;

function plan(more: Partial<ShardPlanInput> = {}): ShardMemory | undefined {
  return planShards({
    now: NOW,
    shards: 3,
    connections: 1000,
    because: 'season',
    shardBytes: 10 * MIB,
    held: undefined,
    fullest: 0,
    busy: false,
    before: undefined,
    ...more,
  });
}

const later = (days: number) => new Date(NOW.getTime() + days * DAY_MS);
/** 10,000 × 4 KiB = 39 MiB: 3.9 shards full, 6.5 at a fill of 0.6. */
const SUMMER = { connections: 10_000 };

describe('planShards', () => {
  it('says nothing without a memory limit', () => {
    expect(plan({ shardBytes: undefined })).toBeUndefined();
    expect(plan({ shardBytes: 0 })).toBeUndefined();
  });

  it('leaves alone what is enough, with an assumed size until it was measured', () => {
    expect(plan()).toEqual({
      recommendedShards: 3,
      peakConnections: 1000,
      because: 'season',
      bytesPerConnection: ASSUMED_BYTES_A_CONNECTION,
      measured: false,
    });
  });

  it('recommends more when more were wanted for a day, and not while it is busy', () => {
    const first = plan(SUMMER);
    expect(first).toMatchObject({ recommendedShards: 3, wanted: { shards: 7, since: NOW } });
    expect(plan({ ...SUMMER, before: first, now: later(0.9) })).toMatchObject({ recommendedShards: 3 });
    expect(plan({ ...SUMMER, before: first, now: later(1), busy: true })).toEqual(first);
    const due = plan({ ...SUMMER, before: first, now: later(1) });
    expect(due).toMatchObject({ recommendedShards: 7 });
    expect(due).not.toHaveProperty('wanted');
  });

  it('forgets a wish that did not last', () => {
    const first = plan(SUMMER);
    const calm = plan({ before: first, now: later(0.5) });
    expect(calm).not.toHaveProperty('wanted');
    expect(plan({ ...SUMMER, before: calm, now: later(1) })).toMatchObject({ wanted: { since: later(1) } });
  });

  it('recommends fewer after a week only', () => {
    const many = {
      recommendedShards: 7,
      peakConnections: 1000,
      because: '',
      bytesPerConnection: 4096,
      measured: false,
    };
    const autumn = plan({ shards: 7, before: many });
    expect(autumn).toMatchObject({ recommendedShards: 7, wanted: { shards: 3, since: NOW } });
    expect(plan({ shards: 7, before: autumn, now: later(6.9) })).toMatchObject({ recommendedShards: 7 });
    expect(plan({ shards: 7, before: autumn, now: later(7) })).toMatchObject({ recommendedShards: 3 });
  });

  it('takes what the servers hold for so many connections, and remembers it at night', () => {
    const held = { bytes: 6 * MIB, connections: 6000 };
    const measured = plan({ ...SUMMER, held });
    expect(measured).toMatchObject({ bytesPerConnection: 1049, measured: true, recommendedShards: 3 });
    expect(measured).not.toHaveProperty('wanted');
    const night = { bytes: 3 * MIB, connections: 50 };
    expect(plan({ ...SUMMER, held: night, before: measured })).toEqual(measured);
  });

  it('does not wait while a server is nearly full, nor for a better time', () => {
    expect(plan({ fullest: 0.75, busy: true })).toMatchObject({ recommendedShards: 4 });
  });

  it('takes the number of the spec for good when it is within bounds', () => {
    const before = {
      recommendedShards: 3,
      peakConnections: 5000,
      because: '',
      bytesPerConnection: 4096,
      measured: false,
    };
    expect(plan({ connections: 5000, shards: 4, before })).toMatchObject({ recommendedShards: 4 });
  });

  it('does not change what is shown for every scrape', () => {
    const before = plan({ connections: 1000 });
    expect(plan({ connections: 1150, before })).toEqual(before);
    expect(plan({ connections: 1250, before })).toMatchObject({ peakConnections: 1250 });
  });
});
