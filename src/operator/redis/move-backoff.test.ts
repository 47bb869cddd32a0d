import { describe, expect, it } from 'vitest';
import { MoveBackoff } from './move-backoff.ts';
import { KeyTooBig } from './move-slots.ts';

const START = Date.parse('2027-06-01T10:00:00Z');
const at = (minutes: number) => new Date(START + minutes * 60_000);
const big = (slot: number) =>
  new KeyTooBig({ key: 'roster', slot, pod: 'wedsync-redis-0-0', bytes: 30_000_000 });

describe('MoveBackoff', () => {
  it('says which slot, key and size, and when it is tried again', () => {
    const backoff = new MoveBackoff();
    backoff.refused(big(5461), at(0));
    expect(backoff.held(at(0))?.because).toBe(
      'the key "roster" of slot 5461 on wedsync-redis-0-0 has 30000000 bytes, too many to be moved without a stop; make it smaller first; it is tried again at 2027-06-01T10:01:00Z',
    );
    expect(backoff.held(at(1))).toBeUndefined();
  });

  it('waits twice as long each time, 30 minutes at most', () => {
    const backoff = new MoveBackoff();
    const waits = [1, 2, 4, 8, 16, 30, 30];
    let now = 0;
    for (const minutes of waits) {
      backoff.refused(big(5461), at(now));
      now += minutes;
      expect(backoff.held(at(now - 1 / 60))?.until).toEqual(at(now));
      expect(backoff.held(at(now))).toBeUndefined();
    }
  });

  it('begins anew with another slot, and after a move', () => {
    const backoff = new MoveBackoff();
    for (const slot of [1, 1, 1, 2]) backoff.refused(big(slot), at(0));
    expect(backoff.held(at(0))?.until).toEqual(at(1));
    backoff.succeeded();
    expect(backoff.held(at(0))).toBeUndefined();
  });
});
