import { findIana } from 'windows-iana';
import { isIanaTimeZone } from '../../../domain/calendar/iana-zone.ts';
import { MINUTES_A_DAY, MS_A_MINUTE } from '../../../domain/calendar/local-time.ts';
import { type CustomZone, customZone, type Observance } from '../../../domain/feed/custom-zone.ts';
import type { FeedTime, WallMinutes } from '../../../domain/feed/feed-event.ts';
import type { RecurrenceRule } from '../../../domain/feed/recurrence.ts';
import { ruleOf } from '../../../domain/feed/rule-value.ts';
import { UnusableEvent } from '../../../domain/feed/unusable-event.ts';
import { MAX_ZONE_NAMES } from './limits.ts';
import { parseWall } from './time-value.ts';
import { normalZoneName, type RawObservance, type RawZone } from './zone-builder.ts';

/** Kiribati has the most. */
const MAX_OFFSET_HOURS = 14;

type Zone =
  | { kind: 'Known'; name: string }
  | { kind: 'Custom'; zone: CustomZone }
  | { kind: 'Unknown'; why: string };

/**
 * What the TZIDs of a calendar mean: an IANA zone, also behind a prefix (`/mozilla.org/20050126_1/Europe/London`); a zone
 * of Windows; a zone whose definition names its place (X-LIC-LOCATION); else the definition itself.
 */
export class ZoneTable {
  readonly #definitions = new Map<string, RawZone>();
  readonly #zones = new Map<string, Zone>();

  define(zone: RawZone): void {
    if (zone.id !== '') this.#definitions.set(zone.id, zone);
  }

  /** @throws {UnusableEvent} UnknownTimeZone */
  timeIn(id: string, minutes: WallMinutes): FeedTime {
    const zone = this.#zoneOf(id);
    switch (zone.kind) {
      case 'Known':
        return { kind: 'Zoned', timeZone: zone.name, minutes };
      case 'Custom':
        return { kind: 'Custom', zone: zone.zone, minutes };
      case 'Unknown':
        throw new UnusableEvent('UnknownTimeZone', zone.why);
    }
  }

  #zoneOf(id: string): Zone {
    const known = this.#zones.get(id);
    if (known !== undefined) return known;
    if (this.#zones.size === MAX_ZONE_NAMES) {
      return { kind: 'Unknown', why: `the feed uses more than ${MAX_ZONE_NAMES} names of zones` };
    }
    const zone = this.#find(normalZoneName(id));
    this.#zones.set(id, zone);
    return zone;
  }

  #find(id: string): Zone {
    const name = ianaName(id);
    if (name !== undefined) return { kind: 'Known', name };
    const definition = this.#definitions.get(id);
    const fixed = definition === undefined ? fixedOffset(id) : undefined;
    if (fixed !== undefined) return { kind: 'Custom', zone: fixed };
    if (definition === undefined) {
      return { kind: 'Unknown', why: `TZID ${id.slice(0, 80)} is not known and not defined` };
    }
    const place = ianaName(definition.place);
    if (place !== undefined) return { kind: 'Known', name: place };
    const unusable = (why: string): Zone => ({
      kind: 'Unknown',
      why: `the definition of TZID ${id.slice(0, 80)} cannot be used: ${why}`,
    });
    if (definition.problem !== undefined) return unusable(definition.problem);
    try {
      return { kind: 'Custom', zone: customZone(id, definition.observances.map(observanceOf)) };
    } catch (error) {
      if (error instanceof UnusableEvent) return unusable(error.message);
      throw error;
    }
  }
}

/** The IANA zone that a name stands for, without a look at definitions. */
export function ianaName(id: string): string | undefined {
  if (isIanaTimeZone(id)) return id;
  const parts = id.split('/');
  const suffix = [parts.slice(-3), parts.slice(-2)]
    .map((last) => last.join('/'))
    .find((candidate) => candidate.includes('/') && isIanaTimeZone(candidate));
  if (suffix !== undefined) return suffix;
  // `tzone://Microsoft/Utc`, `/freeassociation.sourceforge.net/UTC`
  if (parts.length > 1 && /^(?:UTC|GMT)$/i.test(parts.at(-1) ?? '')) return 'UTC';
  return findIana(id)[0];
}

/** `GMT+05:30`, `UTC-5`, `+0100`: hours and minutes east of Greenwich, as ISO 8601 counts them. */
function fixedOffset(id: string): CustomZone | undefined {
  const [, sign, hours, minutes] = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?([0-5]\d))?$/i.exec(id) ?? [];
  if (hours === undefined || Number(hours) > MAX_OFFSET_HOURS) return undefined;
  const offset = (Number(hours) * 60 + Number(minutes ?? 0)) * MS_A_MINUTE;
  const offsetMs = sign === '-' ? -offset : offset;
  return customZone(id, [{ onset: 0, offsetBeforeMs: offsetMs, offsetMs, rules: [], added: [] }]);
}

function observanceOf({ start, offsetFrom, offsetTo, rules, added }: RawObservance): Observance {
  const offsetBeforeMs = offsetOf(offsetFrom === '' ? offsetTo : offsetFrom);
  const onset = parseWall(start)?.minutes;
  if (onset === undefined) throw new UnusableEvent('InvalidTime', 'it begins at no time');
  const ofDay = ((onset % MINUTES_A_DAY) + MINUTES_A_DAY) % MINUTES_A_DAY;
  return {
    onset,
    offsetBeforeMs,
    offsetMs: offsetOf(offsetTo),
    added,
    rules: rules.map((text): RecurrenceRule => {
      const { until, ...rule } = ruleOf(text, ofDay);
      return { ...rule, until: until === undefined ? undefined : lastDay(until, offsetBeforeMs, ofDay) };
    }),
  };
}

/** UNTIL of a zone's rule is in UTC; older exporters write local time. */
function lastDay(until: string, offsetBeforeMs: number, ofDay: number): number | undefined {
  const wall = parseWall(until);
  if (wall === undefined) return undefined;
  if (wall.form === 'Date') return wall.minutes / MINUTES_A_DAY;
  const local = wall.minutes + (wall.form === 'Utc' ? offsetBeforeMs / MS_A_MINUTE : 0);
  return Math.floor((local - ofDay) / MINUTES_A_DAY);
}

/** Milliseconds of `+0530`, `-05:00` or `+003408`. */
function offsetOf(text: string): number {
  const [, sign, hours, minutes, seconds] = /^([+-])?(\d\d):?(\d\d)(?::?(\d\d))?$/.exec(text) ?? [];
  if (hours === undefined) throw new UnusableEvent('InvalidTime', 'it lacks an offset');
  const ms = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds ?? 0)) * 1000;
  return sign === '-' ? -ms : ms;
}
