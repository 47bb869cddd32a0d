import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AlertmanagerTimes, alertmanagerTimes } from './export-windows-alertmanager.ts';

const MINUTE = 60_000;
const at = (text: string): number => Date.parse(text);

/** Alertmanager's rule: all of year, month, day and time match; an end is the first minute outside. */
function contains(entries: readonly AlertmanagerTimes[], instant: number): boolean {
  const date = new Date(instant);
  const minute = date.getUTCHours() * 60 + date.getUTCMinutes();
  const minutes = (text: string): number => {
    const [hours = 0, rest = 0] = text.split(':').map(Number);
    return hours * 60 + rest;
  };
  return entries.some(
    ({ years, months, days_of_month, times }) =>
      Number(years[0]) === date.getUTCFullYear() &&
      Number(months[0]) === date.getUTCMonth() + 1 &&
      Number(days_of_month[0]) === date.getUTCDate() &&
      (times === undefined ||
        times.some(
          ({ start_time, end_time }) => minutes(start_time) <= minute && minute < minutes(end_time),
        )),
  );
}

describe('alertmanagerTimes', () => {
  it('are an entry a day, with the year, so that no window comes back', () => {
    expect(alertmanagerTimes([{ from: at('2027-12-31T20:00:30Z'), until: at('2028-01-02T08:00Z') }])).toEqual(
      [
        {
          times: [{ start_time: '20:00', end_time: '24:00' }],
          days_of_month: ['31'],
          months: ['12'],
          years: ['2027'],
          location: 'UTC',
        },
        { days_of_month: ['1'], months: ['1'], years: ['2028'], location: 'UTC' },
        {
          times: [{ start_time: '00:00', end_time: '08:00' }],
          days_of_month: ['2'],
          months: ['1'],
          years: ['2028'],
          location: 'UTC',
        },
      ],
    );
  });

  it('hold at each minute of the windows and at no other', () => {
    const span = fc
      .tuple(fc.integer({ min: 0, max: 60 * 24 * 400 }), fc.integer({ min: 1, max: 5000 }))
      .map(([start, length]) => {
        const from = at('2027-06-01T00:00Z') + start * MINUTE;
        return { from, until: from + length * MINUTE };
      });
    fc.assert(
      fc.property(fc.array(span, { minLength: 1, maxLength: 8 }), fc.nat(60 * 24 * 400), (windows, other) => {
        const entries = alertmanagerTimes(windows);
        const edges = windows.flatMap(({ from, until }) => [from - MINUTE, from, until - MINUTE, until]);
        for (const instant of [...edges, at('2027-06-01T00:00Z') + other * MINUTE]) {
          const expected = windows.some(({ from, until }) => from <= instant && instant < until);
          expect(contains(entries, instant)).toBe(expected);
        }
      }),
    );
  });
});
