import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WEEKDAYS } from '../../api/schema/fields.ts';
import { presenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { weddingSpec } from '../../api/v1alpha1/wedding.ts';
import { weddingInterval } from '../calendar/wedding-interval.ts';
import { freezeAt } from './freeze-at.ts';
import { freezeWindows } from './windows.ts';

const HOUR = 3_600_000;
const two = (value: number) => String(value).padStart(2, '0');
const time = fc
  .integer({ min: 0, max: 95 })
  .map((quarter) => `${two(quarter >> 2)}:${two((quarter % 4) * 15)}`);
const zones = ['Europe/London', 'Pacific/Auckland', 'America/Los_Angeles', 'Australia/Lord_Howe', 'UTC'];

const wedding = fc
  .record({
    // Around the autumn change of Europe and the spring change of Lord Howe.
    date: fc.integer({ min: 1, max: 31 }).map((day) => `2027-10-${two(day)}`),
    timeZone: fc.constantFrom(...zones),
    ceremony: time,
    ends: time,
    state: fc.constantFrom('Confirmed' as const, 'Confirmed' as const, 'Planned' as const),
  })
  .map((spec) => weddingSpec.parse({ ...spec, team: { venue: 1 } }));

const freeze = fc
  .record({
    days: fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { maxLength: 3 }),
    before: fc.integer({ min: 0, max: 30 }).map((hours) => `${hours}h`),
    after: fc.integer({ min: 0, max: 30 }).map((hours) => `${hours}h`),
    minActiveWeddings: fc.integer({ min: 1, max: 3 }),
  })
  .map((spec) => presenceClusterSpec.parse({ timeZone: 'UTC', freeze: spec }).freeze);

type Freeze = ReturnType<typeof presenceClusterSpec.parse>['freeze'];
type Wedding = ReturnType<typeof weddingSpec.parse>;

/** The rule word by word, for one instant, with Temporal for local days. */
function protects(rule: Freeze, spec: Wedding, at: number): boolean {
  const { ceremony, ends } = weddingInterval(spec);
  const from = ceremony.getTime() - Number.parseInt(rule.before, 10) * HOUR;
  const until = ends.getTime() + Number.parseInt(rule.after, 10) * HOUR;
  if (spec.state !== 'Confirmed' || at < from || at >= until) return false;
  const dateDay = WEEKDAYS[Temporal.PlainDate.from(spec.date).dayOfWeek - 1];
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(spec.timeZone);
  const localDay = WEEKDAYS[local.dayOfWeek - 1];
  return [dateDay, localDay].some((day) => day !== undefined && rule.days.includes(day));
}

describe('freezeWindows', () => {
  it('freeze exactly the instants at which enough weddings are protected, by their own zones (32)', () => {
    const instants = fc.array(fc.integer({ min: Date.UTC(2027, 8, 28), max: Date.UTC(2027, 10, 3) }), {
      minLength: 20,
      maxLength: 40,
    });
    fc.assert(
      fc.property(fc.array(wedding, { maxLength: 12 }), freeze, instants, (weddings, rule, moments) => {
        const { windows } = freezeWindows({
          spec: { timeZone: 'UTC', freeze: rule },
          weddings: weddings.map((spec, index) => ({ id: String(index), name: `w${index}`, spec })),
          from: new Date('2027-09-01T00:00:00Z'),
          days: 90,
        });
        const edges = windows.flatMap(({ from, until }) => [
          from.getTime(),
          from.getTime() - 1,
          until.getTime(),
        ]);
        for (const at of [...moments, ...edges]) {
          const count = weddings.filter((spec) => protects(rule, spec, at)).length;
          expect(freezeAt(windows, new Date(at)).active).toBe(count >= rule.minActiveWeddings);
        }
        for (const [index, window] of windows.entries()) {
          expect(window.from.getTime()).toBeLessThan(window.until.getTime());
          const next = windows[index + 1];
          if (next !== undefined) expect(window.until.getTime()).toBeLessThan(next.from.getTime());
        }
      }),
      { numRuns: 300 },
    );
  });
});
