import fc from 'fast-check';
import { expect, it } from 'vitest';
import { presenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import type { CalendarSegment } from '../calendar/calendar-segments.ts';
import { calendarSegments } from '../calendar/calendar-segments.ts';
import { MS_A_DAY } from '../calendar/local-time.ts';
import { acceptSpec } from './accept.ts';
import { calendarExcess } from './calendar-excess.ts';
import { calendarFloor } from './fleet-size.ts';

const factor = fc.integer({ min: 1, max: 40 }).map((tenths) => tenths / 10);
const hour = fc.integer({ min: 0, max: 23 }).map((value) => `${String(value).padStart(2, '0')}:00`);
const day = fc.constantFrom('Monday', 'Saturday', 'Sunday');
const peak = fc.record(
  { from: hour, to: hour, multiplier: factor, days: fc.uniqueArray(day, { minLength: 1 }) },
  { requiredKeys: ['from', 'to', 'multiplier'] },
);
const scaling = fc.record({
  baselineReplicas: fc.integer({ min: 1, max: 9 }),
  maxReplicas: fc.integer({ min: 1, max: 60 }),
  seasonMultipliers: fc.dictionary(fc.integer({ min: 1, max: 12 }).map(String), factor, { minKeys: 1 }),
  peaks: fc.array(peak, { maxLength: 3 }),
  seasonRampDays: fc.constantFrom(0, 0, 7, 28),
});
const zone = fc.constantFrom('Europe/London', 'Australia/Lord_Howe', 'America/Santiago', 'Asia/Kolkata');
const minute = fc.integer({ min: 0, max: 366 * 1440 });

it('finds the first moment and the highest number that a walk of the whole year finds', () => {
  let found = 0;
  fc.assert(
    fc.property(scaling, zone, minute, (tables, timeZone, past) => {
      const spec = presenceClusterSpec.parse({ timeZone, scaling: tables });
      fc.pre(acceptSpec(spec).accepted);
      const now = Date.UTC(2027, 0, 1) + past * 60_000;
      const year: CalendarSegment[] = [];
      for (const segment of calendarSegments(spec.scaling, timeZone, now)) {
        if (segment.from >= now + 366 * MS_A_DAY) break;
        year.push(segment);
      }
      const computed = year.map((segment) => calendarFloor(spec, segment).computed);
      const excess = calendarExcess(spec, new Date(now));
      const most = Math.max(...computed);
      if (most <= spec.scaling.maxReplicas) {
        expect(excess).toBeUndefined();
        return;
      }
      found += 1;
      const first = year[computed.findIndex((replicas) => replicas > spec.scaling.maxReplicas)];
      expect(excess?.first.at).toBe(first?.from);
      expect(excess?.most).toMatchObject({ replicas: most, cut: most - spec.scaling.maxReplicas });
    }),
    { numRuns: 150 },
  );
  expect(found).toBeGreaterThan(10);
});
