import { findIana } from 'windows-iana';
import { MINUTES_A_DAY } from '../../../domain/calendar/local-time.ts';
import { isKnownTimeZone } from '../../../domain/calendar/time-zone.ts';
import type { CustomZone, Observance } from '../../../domain/feed/custom-zone.ts';
import { type FeedTime, UnusableEvent, type WallMinutes } from '../../../domain/feed/feed-event.ts';
import type { RecurrenceRule } from '../../../domain/feed/recurrence.ts';
import { type Component, parseComponent, properties, property, textOf } from './component.ts';
import { ruleOf } from './rule-value.ts';
import { parseWall } from './wall-value.ts';

type Zone = { kind: 'Known'; name: string } | { kind: 'Custom'; zone: CustomZone } | { kind: 'Unknown' };

/** A zone with more changes than this is made to be slow. */
const MAX_OBSERVANCES = 400;

/**
 * What the TZIDs of a feed mean: an IANA zone, also behind a prefix (`/mozilla.org/20050126_1/Europe/London`); a zone
 * of Windows; a zone whose definition names its place (X-LIC-LOCATION); else the definition itself.
 */
export class ZoneTable {
  readonly #definitions = new Map<string, string>();
  readonly #zones = new Map<string, Zone>();

  constructor(timeZones: readonly string[]) {
    for (const text of timeZones) {
      const id = /^TZID(?:;[^:]*)?:(.*)$/im.exec(text)?.[1]?.trim();
      if (id !== undefined) this.#definitions.set(id, text);
    }
  }

  /** @throws {UnusableEvent} UnknownTimeZone */
  timeIn(id: string, minutes: WallMinutes): FeedTime {
    let zone = this.#zones.get(id);
    if (zone === undefined) {
      zone = this.#find(id);
      this.#zones.set(id, zone);
    }
    switch (zone.kind) {
      case 'Known':
        return { kind: 'Zoned', timeZone: zone.name, minutes };
      case 'Custom':
        return { kind: 'Custom', zone: zone.zone, minutes };
      case 'Unknown':
        throw new UnusableEvent('UnknownTimeZone', `TZID ${id.slice(0, 80)} is not known and not defined`);
    }
  }

  #find(id: string): Zone {
    const name = ianaName(id);
    if (name !== undefined) return { kind: 'Known', name };
    const definition = this.#definitions.get(id);
    if (definition === undefined) return { kind: 'Unknown' };
    try {
      const component = parseComponent(definition);
      const place = ianaName(textOf(component, 'x-lic-location') ?? '');
      if (place !== undefined) return { kind: 'Known', name: place };
      const observances = component.components.slice(0, MAX_OBSERVANCES).map(observanceOf);
      return observances.length === 0 ? { kind: 'Unknown' } : { kind: 'Custom', zone: { id, observances } };
    } catch (error) {
      if (error instanceof UnusableEvent) return { kind: 'Unknown' };
      throw error;
    }
  }
}

function ianaName(id: string): string | undefined {
  if (isKnownTimeZone(id)) return id;
  const parts = id.split('/');
  const suffix = [parts.slice(-3), parts.slice(-2)]
    .map((last) => last.join('/'))
    .find((candidate) => candidate.includes('/') && isKnownTimeZone(candidate));
  return suffix ?? findIana(id)[0];
}

function observanceOf(component: Component): Observance {
  const before = offsetOf(textOf(component, 'tzoffsetfrom'));
  const start = parseWall(property(component, 'dtstart')?.values[0]);
  if (start === undefined) throw new UnusableEvent('InvalidTime', 'a time zone begins at no time');
  const rules = properties(component, 'rrule').map(({ values }): RecurrenceRule => {
    const rule = ruleOf(values[0]);
    return { ...rule, until: rule.until === undefined ? undefined : lastDay(rule.until, before) };
  });
  const added = properties(component, 'rdate').flatMap(({ values }) =>
    values.flatMap((value) => parseWall(Array.isArray(value) ? value[0] : value)?.minutes ?? []),
  );
  return { onset: start.minutes, offsetMs: offsetOf(textOf(component, 'tzoffsetto')), rules, added };
}

/** UNTIL of a zone's rule is in UTC. */
function lastDay(until: string, offsetMs: number): number | undefined {
  const wall = parseWall(until);
  if (wall === undefined) return undefined;
  return Math.floor((wall.minutes + (wall.utc ? offsetMs / 60_000 : 0)) / MINUTES_A_DAY);
}

/** Milliseconds of `+05:30`, `-05:00` or `+00:34:08`. */
function offsetOf(text: string | undefined): number {
  const [, sign, hours, minutes, seconds] = /^([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text ?? '') ?? [];
  if (hours === undefined) throw new UnusableEvent('InvalidTime', 'a time zone lacks an offset');
  const ms = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds ?? 0)) * 1000;
  return sign === '-' ? -ms : ms;
}
