import { describe, expect, it } from 'vitest';
import { presenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { calendarExcess } from './calendar-excess.ts';
import { excessSentence } from './calendar-excess-sentence.ts';

const NEW_YEAR = new Date('2027-01-01T00:00:00Z');
const LEVEL = Object.fromEntries(Array.from({ length: 12 }, (_, month) => [String(month + 1), 1]));

function say(scaling: Record<string, unknown>, now = NEW_YEAR, timeZone = 'Europe/London') {
  const spec = presenceClusterSpec.parse({ timeZone, scaling });
  const excess = calendarExcess(spec, now);
  return excess && excessSentence(spec.scaling, excess, now);
}

describe('calendarExcess', () => {
  it.each([
    ['the defaults', {}],
    [
      'a product that is whole in decimals only',
      { baselineReplicas: 10, seasonMultipliers: { ...LEVEL, 6: 1.1 }, peaks: [], maxReplicas: 11 },
    ],
    [
      'factors below 1 that fill every day',
      {
        baselineReplicas: 10,
        seasonMultipliers: LEVEL,
        peaks: [{ from: '00:00', to: '24:00', multiplier: 0.5 }],
        maxReplicas: 5,
      },
    ],
  ])('finds nothing in %s', (_, scaling) => {
    expect(say(scaling)).toBeUndefined();
  });

  it.each([
    [
      'a season without peaks',
      { baselineReplicas: 4, peaks: [], maxReplicas: 11 },
      'In June the calendar asks for ceil(4 × 3) = 12 pods; maxReplicas is 11: 1 is cut. The next time is 2027-05-31T23:00:00Z.',
    ],
    [
      'a peak of one day of the week',
      {
        baselineReplicas: 4,
        seasonMultipliers: LEVEL,
        maxReplicas: 11,
        peaks: [{ from: '22:00', to: '02:00', multiplier: 3, days: ['Saturday'] }],
      },
      'In January on Saturday between 22:00 and 02:00 the calendar asks for ceil(4 × 1 × 3) = 12 pods; maxReplicas is 11: 1 is cut. The next time is 2027-01-02T22:00:00Z.',
    ],
    [
      'the hours that peaks below 1 leave',
      {
        baselineReplicas: 4,
        seasonMultipliers: LEVEL,
        maxReplicas: 3,
        peaks: [{ from: '00:00', to: '23:00', multiplier: 0.5 }],
      },
      'In January outside of peaks the calendar asks for ceil(4 × 1) = 4 pods; maxReplicas is 3: 1 is cut. The next time is 2027-01-01T23:00:00Z.',
    ],
    [
      'a peak in the hour that clocks skip',
      {
        baselineReplicas: 4,
        seasonMultipliers: { ...LEVEL, 3: 2 },
        maxReplicas: 23,
        peaks: [{ from: '01:10', to: '01:40', multiplier: 3, days: ['Sunday'] }],
      },
      'In March on Sunday between 01:10 and 01:40 the calendar asks for ceil(4 × 2 × 3) = 24 pods; maxReplicas is 23: 1 is cut. The next time is 2027-03-28T01:10:00Z.',
      // A week after the last Sunday but one: only the night in which clocks skip 01:00 to 02:00 is left of March.
      new Date('2027-03-22T00:00:00Z'),
    ],
  ])('names %s', (_, scaling, sentence, now = NEW_YEAR) => {
    expect(say(scaling, now)).toBe(sentence);
  });

  it('finds a month that has just ended when it comes again', () => {
    const scaling = {
      baselineReplicas: 4,
      seasonMultipliers: { ...LEVEL, 6: 3 },
      peaks: [],
      maxReplicas: 11,
    };
    expect(say(scaling, new Date('2027-06-30T23:00:00Z'))).toContain('2028-05-31T23:00:00Z');
  });
});
