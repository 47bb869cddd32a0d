import { ROLES } from '../../../api/protocol/roles.ts';
import { MAX_TEAM_SIZE, type Team } from '../../../api/protocol/team.ts';
import { MAX_UID_LENGTH } from '../../../api/schema/feed-limits.ts';
import type { WeddingSpec } from '../../../api/v1alpha1/wedding.ts';
import { UnusableEvent } from '../../../domain/feed/unusable-event.ts';
import type { ContentLine } from './content-lines.ts';
import { lengthOf } from './duration-value.ts';
import type { KeptText } from './kept-text.ts';
import { MAX_LINE_BYTES, MAX_PROPERTIES_AN_EVENT, MAX_RULE_LENGTH, MAX_RULES_AN_EVENT } from './limits.ts';
import { type Property, textList, unescapeText } from './property.ts';
import type { PropertyReader } from './property-reader.ts';
import type { CalendarHead, RawEvent } from './raw-event.ts';
import { periodsOf, timeOf, timesOf, type WrittenTime, type WrittenTimes } from './time-value.ts';

const MAX_CATEGORIES = 20;
/** `weddings.category` and `teamByCategory` take no longer ones. */
const MAX_CATEGORY_LENGTH = 64;
const NOTHING: readonly never[] = [];

const STATES: Record<string, WeddingSpec['state']> = {
  CANCELLED: 'Cancelled',
  // Not of the RFC, but it can mean nothing else.
  CANCELED: 'Cancelled',
  TENTATIVE: 'Planned',
  CONFIRMED: 'Confirmed',
};
const TEAM = 'X-TEAM-';
const ROLE_OF = new Map(ROLES.map((role) => [`${TEAM}${role.toUpperCase()}`, role]));
/** Properties whose value may have a colon. */
const TEXTS: ReadonlySet<string> = new Set(['UID', 'CATEGORIES']);
const WITH_COLONS = { colonsInValue: true } as const;
const WITHOUT_COLONS = { colonsInValue: false } as const;
/** Properties of an event that are read. */
export const EVENT_PROPERTIES: ReadonlySet<string> = new Set([
  ...['UID', 'DTSTART', 'DTEND', 'DURATION', 'STATUS', 'CATEGORIES', 'RRULE', 'RDATE', 'EXDATE', 'EXRULE'],
  ...['RECURRENCE-ID', 'SEQUENCE', 'DTSTAMP', ...ROLE_OF.keys()],
  ...['X-MICROSOFT-CDO-ALLDAYEVENT', 'X-MICROSOFT-MSNCALENDAR-ALLDAYEVENT'],
]);

/** Fewer than there are bits. */
const ORDER: ReadonlyMap<string, number> = new Map([...EVENT_PROPERTIES].map((name, index) => [name, index]));

export type BuiltEvent =
  | { kind: 'Event'; uid: string; event: RawEvent }
  | { kind: 'Unusable'; uid: string; problem: UnusableEvent };

/** Makes an event of its lines, one after the other. Of a property that is there twice the first counts. */
export class EventBuilder {
  readonly #properties: PropertyReader;
  readonly #kept: KeptText;
  readonly #event: { -readonly [Key in keyof RawEvent]: RawEvent[Key] };
  /** Properties that were read, one bit each. */
  #seen = 0;
  #uid = '';
  #lines = 0;
  #problem: UnusableEvent | undefined;

  constructor(head: CalendarHead, line: number, shared: { properties: PropertyReader; kept: KeptText }) {
    this.#properties = shared.properties;
    this.#kept = shared.kept;
    this.#event = {
      head,
      line,
      start: undefined,
      end: undefined,
      duration: undefined,
      state: undefined,
      categories: NOTHING,
      team: undefined,
      rules: NOTHING,
      added: NOTHING,
      excluded: NOTHING,
      periods: NOTHING,
      recurrenceId: undefined,
      andFuture: false,
      isAllDay: false,
      sequence: 0,
      stamp: '',
    };
  }

  /**
   * A property of the event. What stands in the event and is none (half a description) is passed over.
   *
   * @throws {UnusableFeed} TooComplex
   */
  take(name: string, line: ContentLine): void {
    this.countLine(line.number);
    if (!EVENT_PROPERTIES.has(name) || (this.#problem !== undefined && name !== 'UID')) return;
    try {
      this.#read(this.#propertyOf(name, line), line.number);
    } catch (error) {
      if (!(error instanceof UnusableEvent)) throw error;
      this.fail(line.number, error);
    }
  }

  /** A line of the event, or of what it has inside. */
  countLine(line: number): void {
    this.#lines += 1;
    if (this.#lines !== MAX_PROPERTIES_AN_EVENT + 1) return;
    this.fail(line, tooComplexEvent(`the event has more than ${MAX_PROPERTIES_AN_EVENT} properties`));
  }

  /** The first problem is the one that is named. */
  fail(line: number, { reason, message }: UnusableEvent): void {
    this.#problem ??= new UnusableEvent(reason, `line ${line}: ${message}`);
  }

  build(): BuiltEvent {
    const uid = this.#uid;
    if (uid === '') this.fail(this.#event.line, new UnusableEvent('MissingUid', 'has no UID'));
    return this.#problem === undefined
      ? { kind: 'Event', uid, event: this.#event }
      : { kind: 'Unusable', uid, problem: this.#problem };
  }

  #read(property: Property | undefined, line: number): void {
    // No value says nothing: some exporters write `RRULE:` for events that do not recur.
    if (property === undefined || property.value.trim() === '') return;
    const { name, value } = property;
    switch (name) {
      case 'RRULE':
        this.#addRule(value.trim(), line);
        return;
      case 'RDATE':
        this.#event.added = this.#withTimes(this.#event.added, property, line);
        this.#addPeriods(property, line);
        return;
      case 'EXDATE':
        this.#event.excluded = this.#withTimes(this.#event.excluded, property, line);
        return;
      case 'CATEGORIES':
        this.#addCategories(value, line);
        return;
      case 'EXRULE':
        throw new UnusableEvent('InvalidRecurrence', 'EXRULE is not understood');
    }
    const bit = 1 << (ORDER.get(name) ?? 0);
    if ((this.#seen & bit) !== 0) return;
    this.#seen |= bit;
    this.#readOnce(property, line);
  }

  #readOnce(property: Property, line: number): void {
    const event = this.#event;
    const value = property.value.trim();
    switch (property.name) {
      case 'UID':
        this.#setUid(unescapeText(value).trim(), line);
        return;
      case 'DTSTART':
        event.start = this.#timeOf(property, line);
        return;
      case 'DTEND':
        event.end = this.#timeOf(property, line, 'up');
        return;
      case 'RECURRENCE-ID':
        event.recurrenceId = this.#timeOf(property, line);
        event.andFuture = property.parameters.get('RANGE')?.toUpperCase() === 'THISANDFUTURE';
        return;
      case 'DURATION':
        event.duration = lengthOf(value);
        return;
      case 'X-MICROSOFT-CDO-ALLDAYEVENT':
      case 'X-MICROSOFT-MSNCALENDAR-ALLDAYEVENT':
        event.isAllDay ||= value.toUpperCase() === 'TRUE';
        return;
      case 'STATUS':
        event.state = STATES[value.toUpperCase()];
        return;
      case 'SEQUENCE':
        event.sequence = Number(value) || 0;
        return;
      case 'DTSTAMP':
        event.stamp = this.#kept.keep(value.slice(0, 20), line);
        return;
      default:
        this.#addToTeam(property.name, value);
    }
  }

  /** @throws {UnusableEvent} */
  #propertyOf(name: string, line: ContentLine): Property | undefined {
    if (line.isCut) throw tooComplexEvent(`${name} is longer than ${MAX_LINE_BYTES} bytes`);
    const property = this.#properties.read(name, line, TEXTS.has(name) ? WITH_COLONS : WITHOUT_COLONS);
    if (property === 'NotText') throw new UnusableEvent('InvalidSyntax', `${name} is not valid UTF-8`);
    return property;
  }

  #setUid(uid: string, line: number): void {
    if (uid.length > MAX_UID_LENGTH) {
      this.#uid = uid.slice(0, MAX_UID_LENGTH);
      throw new UnusableEvent('InvalidSyntax', `its UID is longer than ${MAX_UID_LENGTH} characters`);
    }
    this.#uid = uid;
    this.#kept.count(uid, line);
  }

  #addRule(text: string, line: number): void {
    if (text.length > MAX_RULE_LENGTH) {
      throw tooComplexEvent(`RRULE is longer than ${MAX_RULE_LENGTH} characters`);
    }
    if (this.#event.rules.length === MAX_RULES_AN_EVENT) {
      throw tooComplexEvent(`the event has more than ${MAX_RULES_AN_EVENT} RRULEs`);
    }
    this.#event.rules = [...this.#event.rules, this.#kept.keep(text, line)];
  }

  #withTimes(known: readonly WrittenTimes[], property: Property, line: number): readonly WrittenTimes[] {
    const times = timesOf([property]);
    for (const each of times) {
      this.#kept.countDates(each.minutes.length, line);
      if (each.tzid !== undefined) each.tzid = this.#kept.keep(each.tzid, line);
    }
    return times.length === 0 ? known : [...known, ...times];
  }

  #addPeriods(property: Property, line: number): void {
    if (!property.value.includes('/')) return;
    const periods = periodsOf(property);
    this.#kept.countDates(periods.length, line);
    this.#event.periods = [...this.#event.periods, ...periods];
  }

  #timeOf(property: Property, line: number, rounding: 'down' | 'up' = 'down'): WrittenTime {
    const time = timeOf(property, rounding);
    if (time.tzid !== undefined) time.tzid = this.#kept.keep(time.tzid, line);
    return time;
  }

  #addCategories(value: string, line: number): void {
    const given = textList(value).filter(({ length }) => length > 0 && length <= MAX_CATEGORY_LENGTH);
    const room = MAX_CATEGORIES - this.#event.categories.length;
    const added = given.slice(0, room).map((each) => this.#kept.keep(each, line));
    if (added.length > 0) this.#event.categories = [...this.#event.categories, ...added];
  }

  /** People by role, from `X-TEAM-PHOTOGRAPHER:2` and so on. Roles that are not named then have no people. */
  #addToTeam(name: string, value: string): void {
    const role = ROLE_OF.get(name);
    if (role === undefined) return;
    const people = /^\d{1,3}$/.test(value) ? Number(value) : Number.NaN;
    if (!(people <= MAX_TEAM_SIZE)) {
      throw new UnusableEvent('InvalidTeam', `${name}: ${value.slice(0, 40)} is no number of people`);
    }
    const team: Team = { ...this.#event.team, [role]: people };
    this.#event.team = team;
  }
}

function tooComplexEvent(message: string): UnusableEvent {
  return new UnusableEvent('TooComplex', message);
}
