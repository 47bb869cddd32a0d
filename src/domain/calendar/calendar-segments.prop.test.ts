import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WEEKDAYS } from '../../api/schema/fields.ts';
import type { Peak } from '../../api/v1alpha1/scaling.ts';
import { calendarSegments } from './calendar-segments.ts';
import { localDayAt, MS_A_DAY, parseTimeOfDay, weekdayOf } from './local-time.ts';
import { localWindow } from './local-window.ts';
import { seasonMultiplier } from './season.ts';

const two = (value: number) => String(value).padStart(2, '0');
const time = fc.integer({ min: 0, max: 47 }).map((half) => `${two(half >> 1)}:${two((half % 2) * 30)}`);
const peak = fc.record(
  {
    from: time,
    to: fc.oneof(time, fc.constant('24:00')),
    multiplier: fc.integer({ min: 1, max: 9 }),
    days: fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1 }),
  },
  { requiredKeys: ['from', 'to', 'multiplier'] },
) as fc.Arbitrary<Peak>;

/** Around the clock changes of London and Lord Howe in autumn, and the end of a month. */
const instant = fc.integer({ min: Date.UTC(2026, 8, 28), max: Date.UTC(2026, 10, 3) });
const zone = fc.constantFrom('Europe/London', 'Australia/Lord_Howe', 'America/Santiago', 'UTC');

/** Every instance of every peak of the days around, one by one. */
function factorAt(peaks: readonly Peak[], timeZone: string, at: number): number | undefined {
  const today = localDayAt(timeZone, at);
  const factors = peaks.flatMap((each) =>
    [today - 2, today - 1, today, today + 1].flatMap((day) => {
      if (each.days !== undefined && !each.days.includes(weekdayOf(day))) return [];
      const { from, until } = localWindow(timeZone, day, parseTimeOfDay(each.from), parseTimeOfDay(each.to));
      return from <= at && at < until ? [each.multiplier] : [];
    }),
  );
  return factors.length === 0 ? undefined : Math.max(...factors);
}

/** The ramp written down a second time, on dates of Temporal. */
function seasonOf(at: number, timeZone: string, rampDays: number): number {
  const { year, month, day } = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);
  const length = Temporal.PlainDate.from({ year, month, day }).daysInMonth;
  const [own, next] = [month, (month % 12) + 1].map((each) =>
    seasonMultiplier({ seasonProfile: 'Northern' }, each),
  ) as [number, number];
  const steps = Math.max(0, day - (length - rampDays));
  return own + ((next - own) * steps) / (rampDays + 1);
}

describe('calendarSegments', () => {
  it('hold at each of their instants what the peaks and the month say, however far they were walked', () => {
    fc.assert(
      fc.property(
        fc.array(peak, { maxLength: 4 }),
        zone,
        instant,
        fc.integer({ min: 0, max: 28 }),
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 3 }),
        (peaks, timeZone, start, seasonRampDays, parts) => {
          const tables = {
            peaks,
            seasonProfile: 'Northern' as const,
            seasonMultipliers: undefined,
            seasonRampDays,
          };
          let expectedFrom = start;
          for (const segment of calendarSegments(tables, timeZone, start)) {
            if (segment.from > start + 4 * MS_A_DAY) break;
            expect(segment.from).toBe(expectedFrom);
            expect(segment.until).toBeGreaterThan(segment.from);
            const inside = parts.map(
              (part) => segment.from + Math.floor((segment.until - segment.from) * part),
            );
            for (const at of [segment.from, segment.until - 1, ...inside]) {
              expect(segment.peak?.multiplier).toBe(factorAt(peaks, timeZone, at));
              const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);
              expect(segment.month).toBe(local.month);
              const off = segment.season - seasonOf(at, timeZone, seasonRampDays);
              expect(Math.abs(off)).toBeLessThan(0.0051);
            }
            expectedFrom = segment.until;
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
