import { describe, expect, it } from 'vitest';
import { presenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { acceptSpec } from './accept.ts';

function accept(scaling: Record<string, unknown>, timeZone = 'Europe/London') {
  return acceptSpec(presenceClusterSpec.parse({ timeZone, scaling }));
}

const peak = (from: string, to: string, multiplier: number, days?: string[]) => ({
  from,
  to,
  multiplier,
  ...(days === undefined ? {} : { days }),
});

describe('acceptSpec', () => {
  it.each([
    ['the defaults', {}],
    ['no peaks', { peaks: [] }],
    ['a whole day', { peaks: [peak('00:00', '24:00', 2)] }],
    ['peaks that touch', { peaks: [peak('16:00', '18:00', 1.5), peak('18:00', '20:00', 2)] }],
    ['overlap of equal peaks', { peaks: [peak('16:00', '19:00', 2), peak('18:00', '20:00', 2)] }],
    [
      'the same hours of other days',
      { peaks: [peak('18:00', '20:00', 2, ['Friday']), peak('18:00', '20:00', 3, ['Saturday'])] },
    ],
    [
      'a night that ends where the morning begins',
      { peaks: [peak('22:00', '02:00', 2, ['Sunday']), peak('02:00', '04:00', 3, ['Monday'])] },
    ],
  ])('takes %s', (_, scaling) => {
    expect(accept(scaling)).toEqual({ accepted: true });
  });

  it('names an unknown zone', () => {
    expect(accept({}, 'Europe/Londn')).toEqual({
      accepted: false,
      reason: 'UnknownTimeZone',
      message: 'spec.timeZone: Europe/Londn is not an IANA time zone',
    });
  });

  it.each([
    [{ seasonMultipliers: {} }, 'spec.scaling.seasonMultipliers'],
    [{ peaks: [peak('18:00', '20:00', 2), peak('21:00', '21:00', 2)] }, 'spec.scaling.peaks[1]'],
  ])('names an empty table: %j', (scaling, field) => {
    const answer = accept(scaling);
    expect(answer).toMatchObject({ accepted: false, reason: 'EmptyTable' });
    expect(answer).toHaveProperty('message', expect.stringContaining(`${field}:`));
  });

  it.each([
    ['the same evening', [peak('18:00', '20:00', 2), peak('19:00', '21:00', 3)], 'Monday at 19:00'],
    [
      'past midnight',
      [peak('22:00', '02:00', 2, ['Friday']), peak('01:00', '03:00', 3, ['Saturday'])],
      'Saturday at 01:00',
    ],
    [
      'past the end of the week',
      [peak('22:00', '02:00', 2, ['Sunday']), peak('00:00', '24:00', 3, ['Monday'])],
      'Monday at 00:00',
    ],
  ])('names a contradiction %s', (_, peaks, when) => {
    const answer = accept({ peaks });
    expect(answer).toMatchObject({ accepted: false, reason: 'ContradictoryTable' });
    expect(answer).toHaveProperty('message', expect.stringContaining('spec.scaling.peaks[0]'));
    expect(answer).toHaveProperty('message', expect.stringContaining('spec.scaling.peaks[1]'));
    expect(answer).toHaveProperty('message', expect.stringContaining(when));
  });
});
