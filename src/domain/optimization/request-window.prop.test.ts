import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_REQUESTS, roomAt, WINDOW_MS } from './request-window.ts';

/** Requests of four minutes to the second, judged in any order. */
const requests = fc.array(
  fc.integer({ min: 0, max: 240 }).map((second) => second * 1000),
  { maxLength: 80 },
);

function takenOf(all: readonly number[]): number[] {
  const taken: number[] = [];
  for (const at of all) if (roomAt(taken, at).kind === 'room') taken.push(at);
  return taken;
}

describe('roomAt', () => {
  it('never lets more than ten into any minute, in whatever order they are judged', () => {
    fc.assert(
      fc.property(requests, (all) => {
        const taken = takenOf(all);
        for (const start of taken) {
          const inside = taken.filter((at) => at >= start && at < start + WINDOW_MS);
          expect(inside.length).toBeLessThanOrEqual(MAX_REQUESTS);
        }
      }),
    );
  });

  it('gives as time to retry one that is later and at which there is room', () => {
    fc.assert(
      fc.property(requests, fc.integer({ min: 0, max: 240_000 }), (all, at) => {
        const taken = takenOf(all);
        const room = roomAt(taken, at);
        if (room.kind === 'room') return;
        expect(room.retryAfter).toBeGreaterThan(at);
        expect(roomAt(taken, room.retryAfter)).toEqual({ kind: 'room' });
      }),
    );
  });
});
