import { MINUTES_A_DAY } from '../../../domain/calendar/local-time.ts';
import { type FeedTime, UnusableEvent } from '../../../domain/feed/feed-event.ts';
import type { Property } from './component.ts';
import { parseWall, type Rounding } from './wall-value.ts';
import type { ZoneTable } from './zone-table.ts';

/** @throws {UnusableEvent} InvalidTime, UnknownTimeZone or OutOfRange */
export function timeOf(property: Property, zones: ZoneTable, rounding: Rounding = 'down'): FeedTime {
  return timeOfValue(property.values[0], property, zones, rounding);
}

/** All values of a property such as EXDATE; of periods, when they begin. */
export function timesOf(property: Property, zones: ZoneTable): FeedTime[] {
  return property.values.map((value) =>
    timeOfValue(Array.isArray(value) ? value[0] : value, property, zones, 'down'),
  );
}

function timeOfValue(
  value: unknown,
  { name, parameters }: Property,
  zones: ZoneTable,
  rounding: Rounding,
): FeedTime {
  const wall = parseWall(value, rounding);
  if (wall === undefined) {
    throw new UnusableEvent('InvalidTime', `${name.toUpperCase()}: ${String(value).slice(0, 40)} is no time`);
  }
  if (wall.dateOnly) return { kind: 'Day', day: wall.minutes / MINUTES_A_DAY };
  if (wall.utc) return { kind: 'Instant', minutes: wall.minutes };
  const { tzid } = parameters;
  return tzid === undefined
    ? { kind: 'Floating', minutes: wall.minutes }
    : zones.timeIn(String(tzid), wall.minutes);
}
