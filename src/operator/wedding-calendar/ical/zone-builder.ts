import { UnusableEvent } from '../../../domain/feed/unusable-event.ts';
import { type ContentLine, textOf } from './content-lines.ts';
import type { KeptText } from './kept-text.ts';
import { MAX_RULE_LENGTH, MAX_RULES_AN_EVENT } from './limits.ts';
import { type Property, parseProperty, unescapeText } from './property.ts';
import { timesOf } from './time-value.ts';

/** STANDARD or DAYLIGHT of a VTIMEZONE as it is written. */
export interface RawObservance {
  start: string;
  offsetFrom: string;
  offsetTo: string;
  rules: string[];
  /** Minutes of the wall clock. */
  added: number[];
}

/** A VTIMEZONE as it is written; most are never used, so none is worked out before it is. */
export interface RawZone {
  id: string;
  /** X-LIC-LOCATION: the place, as an IANA zone. */
  place: string;
  observances: RawObservance[];
  /** Why it cannot be used. */
  problem: string | undefined;
}

/** Properties of a zone that are read. */
export const ZONE_PROPERTIES: ReadonlySet<string> = new Set([
  ...['TZID', 'X-LIC-LOCATION', 'DTSTART', 'TZOFFSETFROM', 'TZOFFSETTO', 'RRULE', 'RDATE'],
]);
const TEXT_OF: Record<string, 'start' | 'offsetFrom' | 'offsetTo'> = {
  DTSTART: 'start',
  TZOFFSETFROM: 'offsetFrom',
  TZOFFSETTO: 'offsetTo',
};
/** None of the values above but those that are lists is longer. */
const MAX_VALUE_LENGTH = 255;

/** Makes a zone of its lines. */
export class ZoneBuilder {
  readonly zone: RawZone = { id: '', place: '', observances: [], problem: undefined };
  readonly #kept: KeptText;

  constructor(kept: KeptText) {
    this.#kept = kept;
  }

  beginObservance(): void {
    this.zone.observances.push({ start: '', offsetFrom: '', offsetTo: '', rules: [], added: [] });
  }

  /** @throws {UnusableFeed} TooComplex */
  take(name: string, line: ContentLine): void {
    if (!ZONE_PROPERTIES.has(name)) return;
    const text = line.isCut ? undefined : textOf(line);
    const property = text === undefined ? undefined : parseProperty(name, text, { colonsInValue: true });
    if (property === undefined) return;
    const value = property.value.trim();
    if (name === 'TZID') this.zone.id ||= this.#keep(normalZoneName(value), line.number);
    else if (name === 'X-LIC-LOCATION') this.zone.place ||= this.#keep(value, line.number);
    else if (value !== '') this.#takeOfObservance({ ...property, value }, line.number);
  }

  #takeOfObservance(property: Property, line: number): void {
    const observance = this.zone.observances.at(-1);
    if (observance === undefined) return;
    const { name, value } = property;
    const text = TEXT_OF[name];
    if (text !== undefined) observance[text] ||= this.#keep(value, line);
    else if (name === 'RDATE') this.#addOnsets(observance, property, line);
    else if (value.length > MAX_RULE_LENGTH || observance.rules.length === MAX_RULES_AN_EVENT) {
      this.zone.problem ??= `line ${line}: too many or too long rules`;
    } else observance.rules.push(this.#kept.keep(value, line));
  }

  #addOnsets(observance: RawObservance, property: Property, line: number): void {
    try {
      for (const { minutes } of timesOf([property])) {
        this.#kept.countDates(minutes.length, line);
        observance.added.push(...minutes);
      }
    } catch (error) {
      // An onset in another century is of no use, and no harm.
      if (!(error instanceof UnusableEvent)) throw error;
    }
  }

  #keep(value: string, line: number): string {
    return this.#kept.keep(value.slice(0, MAX_VALUE_LENGTH), line);
  }
}

/** One form of the names of zones: some writers escape commas in the parameter too, and some do not in the definition. */
export function normalZoneName(text: string): string {
  const plain = unescapeText(text).trim();
  return plain.length > 1 && plain.startsWith('"') && plain.endsWith('"') ? plain.slice(1, -1).trim() : plain;
}
