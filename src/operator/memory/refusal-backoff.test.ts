import { describe, expect, it } from 'vitest';
import { KubeError } from '../../platform/kube/errors.ts';
import { isLasting, RefusalBackoff } from './refusal-backoff.ts';

const refused = (code: number) => new KubeError({ code, reason: 'No', message: `answer ${code}` });
/** A try reads the object and sends it. */
const REQUESTS_PER_TRY = 2;
const HOUR_MS = 3_600_000;

describe('RefusalBackoff', () => {
  it('spends at most ten requests per hour on an object that stays refused, in the first hour as well', () => {
    const refusals = new RefusalBackoff();
    const triedAt: number[] = [];
    for (let nowMs = 0; nowMs < 5 * HOUR_MS; nowMs += 1000) {
      if (refusals.held('Service/a', 'same', nowMs) !== undefined) continue;
      triedAt.push(nowMs);
      refusals.note('Service/a', 'same', refused(422), nowMs);
    }
    for (const from of triedAt) {
      const tries = triedAt.filter((at) => at >= from && at < from + HOUR_MS);
      expect(tries.length * REQUESTS_PER_TRY).toBeLessThanOrEqual(10);
    }
    expect(triedAt.slice(0, 3)).toEqual([0, 30_000, 210_000]);
  });

  it('holds nothing else, and tells what is new', () => {
    const refusals = new RefusalBackoff();
    expect(refusals.note('Service/a', 'one', refused(422), 0)).toBe(true);
    expect(refusals.held('Service/a', 'one', 1)).toEqual(refused(422));
    expect(refusals.held('Service/a', 'two', 1)).toBeUndefined();
    expect(refusals.held('Service/b', 'one', 1)).toBeUndefined();
    expect(refusals.note('Service/a', 'one', refused(422), 30_000)).toBe(false);
    expect(refusals.note('Service/a', 'one', refused(403), 300_000)).toBe(true);
    refusals.forget('Service/a');
    expect(refusals.held('Service/a', 'one', 300_001)).toBeUndefined();
  });

  it.each([
    [422, true],
    [403, true],
    [409, false],
    [404, false],
    [500, false],
  ])('knows that an answer %i lasts: %s', (code, expected) => {
    expect(isLasting(refused(code))).toBe(expected);
  });
});
