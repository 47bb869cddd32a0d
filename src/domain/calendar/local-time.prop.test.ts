import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zonesThatAgree } from '../../../test/support/zones-of-the-runtime.ts';
import { MS_A_MINUTE, resolveLocal, startOfLocalDay } from './local-time.ts';
import { localWindow } from './local-window.ts';
import { offsetAt } from './time-zone.ts';

const FIRST_DAY = Date.UTC(2020, 0, 1) / 86_400_000;
const LAST_DAY = Date.UTC(2040, 11, 31) / 86_400_000;
const { agree: ZONES, differ } = zonesThatAgree(FIRST_DAY * 86_400_000, (LAST_DAY + 5) * 86_400_000);

/** By the release notes of 2026d to 2026f; another runtime should have the shipped table. */
const MOVED_SINCE_2026C = ['America/Havana', 'America/Inuvik', 'America/Winnipeg'];

const zone = fc.constantFrom(...ZONES);
const minutes = fc.integer({ min: 0, max: 1439 });

/** Days on which some zone changes its clocks are rare; half of the draws are moved to one. */
const zoneAndDay = fc
  .tuple(zone, fc.integer({ min: FIRST_DAY, max: LAST_DAY }), fc.boolean(), fc.integer({ min: -1, max: 1 }))
  .map(([name, day, atChange, shift]) => {
    const start = Temporal.Instant.fromEpochMilliseconds(day * 86_400_000).toZonedDateTimeISO(name);
    const change = atChange ? start.getTimeZoneTransition('next') : null;
    const found = change === null ? day : Math.floor(change.epochMilliseconds / 86_400_000) + shift;
    return { name, day: found };
  });

function plain(day: number, minute: number): Temporal.PlainDateTime {
  return Temporal.PlainDate.from('1970-01-01')
    .add({ days: day + Math.floor(minute / 1440) })
    .toPlainDateTime({ hour: Math.floor((minute % 1440) / 60), minute: minute % 60 });
}

/** Our rule in terms of Temporal: gaps as `compatible`, overlaps by first (`earlier`) or last (`later`). */
function oracle(name: string, day: number, minute: number, occurrence: 'first' | 'last'): number {
  const local = plain(day, minute);
  const compatible = local.toZonedDateTime(name, { disambiguation: 'compatible' });
  if (!compatible.toPlainDateTime().equals(local)) return compatible.epochMilliseconds;
  const disambiguation = occurrence === 'first' ? 'earlier' : 'later';
  return local.toZonedDateTime(name, { disambiguation }).epochMilliseconds;
}

describe('local times of every zone, 2020 to 2040', () => {
  it('are those of the runtime, but for the zones that a release between the two tables moves', () => {
    const moved = process.versions.tz === '2026c' ? MOVED_SINCE_2026C : [];
    expect(differ).toEqual(moved);
  });

  it('agree with Temporal in gaps, overlaps and everywhere else', () => {
    const occurrence = fc.constantFrom('first' as const, 'last' as const);
    fc.assert(
      fc.property(
        zoneAndDay,
        fc.integer({ min: 0, max: 2879 }),
        occurrence,
        ({ name, day }, minute, which) => {
          expect(resolveLocal(name, day, minute, which)).toBe(oracle(name, day, minute, which));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('have the offsets and day starts of Temporal', () => {
    fc.assert(
      fc.property(zoneAndDay, minutes, ({ name, day }, minute) => {
        const at = day * 86_400_000 + minute * MS_A_MINUTE;
        const zoned = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(name);
        expect(offsetAt(name, at)).toBe(zoned.offsetNanoseconds / 1e6);
        const start = plain(day, 0).toPlainDate().toZonedDateTime(name);
        expect(startOfLocalDay(name, day)).toBe(start.epochMilliseconds);
      }),
      { numRuns: 1000 },
    );
  });

  it('make windows of positive length with the start and end of Temporal, where those are in order (30)', () => {
    fc.assert(
      fc.property(zoneAndDay, minutes, fc.integer({ min: 0, max: 1440 }), ({ name, day }, from, to) => {
        const window = localWindow(name, day, from, to);
        expect(window.until).toBeGreaterThan(window.from);
        expect(window.from).toBe(oracle(name, day, from, 'first'));
        const end = oracle(name, day, to > from ? to : to + 1440, 'last');
        if (end > window.from) expect(window.until).toBe(end);
      }),
      { numRuns: 2000 },
    );
  });

  it('cover every day without a hole when windows touch (31)', () => {
    fc.assert(
      fc.property(zoneAndDay, minutes, ({ name, day }, minute) => {
        const today = localWindow(name, day, minute, minute);
        const tomorrow = localWindow(name, day + 1, minute, minute);
        expect(today.until).toBeGreaterThanOrEqual(tomorrow.from);
      }),
      { numRuns: 1000 },
    );
  });
});
