import { describe, expect, it } from 'vitest';
import type { WEDDING_CONDITIONS } from '../../api/v1alpha1/conditions.ts';
import { stampConditions } from './conditions.ts';

const EARLIER = '2027-06-05T11:00:00Z';
const LATER = '2027-06-05T12:00:00Z';
const good = { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'fine' } as const;
const bad = { type: 'Accepted', status: 'False', reason: 'InvalidDate', message: 'no such day' } as const;
const stamp = stampConditions<typeof WEDDING_CONDITIONS>;

describe('stampConditions', () => {
  it('stamps what is new with now', () => {
    expect(stamp([good], undefined, 3, EARLIER)).toEqual([
      { ...good, observedGeneration: 3, lastTransitionTime: EARLIER },
    ]);
    expect(stamp([good], undefined, undefined, EARLIER)).toEqual([{ ...good, lastTransitionTime: EARLIER }]);
  });

  it('moves lastTransitionTime with the status, and with nothing else', () => {
    const before = stamp([bad], undefined, 3, EARLIER);
    const otherWords = { ...bad, reason: 'UnknownTimeZone', message: 'no such zone' } as const;
    expect(stamp([otherWords], before, 4, LATER)).toEqual([
      { ...otherWords, observedGeneration: 4, lastTransitionTime: EARLIER },
    ]);
    expect(stamp([good], before, 3, LATER)).toEqual([
      { ...good, observedGeneration: 3, lastTransitionTime: LATER },
    ]);
  });

  it('drops conditions that are no longer found', () => {
    const before = [{ ...good, type: 'Retired', lastTransitionTime: EARLIER }];
    expect(stamp([good], before, 3, LATER).map(({ type }) => type)).toEqual(['Accepted']);
  });
});
