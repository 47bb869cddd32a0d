import { describe, expect, it } from 'vitest';
import {
  MAX_REVOCATIONS,
  type Revocation,
  revocationsText,
} from '../../domain/optimization/revocation-list.ts';
import type { Identity } from './identity.ts';
import { Revocations } from './revocations.ts';
import { withRevocations } from './with-revocations.ts';

const FROM = Date.parse('2027-06-05T12:00:00Z');
const HOUR = 3_600_000;
const ann: Identity = { user: 'ann', role: 'planner', weddings: ['ada', 'bea'], expiresAt: FROM + 9 * HOUR };

function setUp(...changes: Partial<Revocation>[]) {
  const clock = { now: FROM };
  const revocations = new Revocations(() => clock.now);
  revocations.load(
    revocationsText(
      changes.map((change, index) => ({
        request: `r${index}`,
        subject: 'ann',
        tokens: 'All',
        from: FROM,
        until: FROM + HOUR,
        ...change,
      })),
    ),
  );
  return { clock, revocations };
}

describe('Revocations', () => {
  it('refuse a person with any token until the end, and let all others in', () => {
    const { clock, revocations } = setUp({});
    expect(revocations.find(ann)?.request).toBe('r0');
    expect(revocations.find({ ...ann, issuedAt: FROM + HOUR / 2 })?.request).toBe('r0');
    expect(revocations.find({ ...ann, user: 'bob' })).toBeUndefined();
    expect(revocations.concerns(ann)).toBe(true);
    expect(revocations.concerns({ ...ann, user: 'bob' })).toBe(false);
    clock.now = FROM + HOUR;
    expect(revocations.find(ann)).toBeUndefined();
  });

  it('let tokens in that were issued later, with room for the clock of the issuer', () => {
    const { revocations } = setUp({ tokens: 'IssuedBefore' });
    const issued = [undefined, FROM - 1, FROM, FROM + 5_000, FROM + 5_001];
    const isRefused = issued.map((issuedAt) => {
      const identity = issuedAt === undefined ? ann : { ...ann, issuedAt };
      return revocations.find(identity) !== undefined;
    });
    expect(isRefused).toEqual([true, true, true, true, false]);
  });

  it('of one wedding leave the others alone', () => {
    const { revocations } = setUp({ wedding: 'ada' });
    const found = [undefined, 'ada', 'bea'].map((wedding) => revocations.find(ann, wedding)?.request);
    expect(found).toEqual([undefined, 'r0', undefined]);
  });

  it('say the one that lasts longest, whichever comes first', () => {
    const { revocations } = setUp({ until: FROM + 3 * HOUR }, { until: FROM + 2 * HOUR });
    expect(revocations.find(ann)?.request).toBe('r0');
  });

  it('count what they ended across a new list, and forget requests that are gone or over', () => {
    const { clock, revocations } = setUp({}, { until: FROM + 2 * HOUR });
    const found = revocations.find(ann);
    if (found !== undefined) revocations.count(found);
    expect(Object.fromEntries(revocations.ended)).toEqual({ r0: 0, r1: 1 });
    revocations.load(revocationsText(found === undefined ? [] : [found]));
    expect(Object.fromEntries(revocations.ended)).toEqual({ r1: 1 });
    clock.now = FROM + 2 * HOUR;
    expect(revocations.ended.size).toBe(0);
    expect(revocations.isEmpty).toBe(false);
    revocations.load(revocationsText([]));
    expect(revocations.isEmpty).toBe(true);
  });

  it.each([
    ['no JSON', 'x'],
    ['no list', '{}'],
    [
      'an end that is no time',
      '{"revocations":[{"request":"r","subject":"s","tokens":"All","from":"x","until":"y"}]}',
    ],
    ['too many', JSON.stringify({ revocations: Array(MAX_REVOCATIONS + 1).fill({}) })],
  ])('stay as they were when a new list is %s', (_, text) => {
    const { revocations } = setUp({});
    expect(() => revocations.load(text)).toThrow();
    expect(revocations.find(ann)?.request).toBe('r0');
  });

  it('refuse a token that is good otherwise', async () => {
    const { clock, revocations } = setUp({});
    const verify = withRevocations(revocations, async () => ann);
    await expect(verify('t')).rejects.toMatchObject({
      code: 'revoked',
      message: 'access has been ended until 2027-06-05T13:00:00Z',
    });
    clock.now = FROM + HOUR;
    expect(await verify('t')).toBe(ann);
  });
});
