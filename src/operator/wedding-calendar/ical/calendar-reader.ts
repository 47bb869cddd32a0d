import { type FeedCollector, tooComplex, UnusableFeed } from '../../../domain/feed/reading.ts';
import { UnusableEvent } from '../../../domain/feed/unusable-event.ts';
import { type ContentLine, ContentLines, textOf } from './content-lines.ts';
import { EVENT_PROPERTIES, EventBuilder } from './event-builder.ts';
import { KeptText } from './kept-text.ts';
import { MAX_DEPTH, MAX_LINE_BYTES, MAX_OBSERVANCES, MAX_TIME_ZONES } from './limits.ts';
import { Names } from './names.ts';
import { parseProperty, unescapeText } from './property.ts';
import { PropertyReader } from './property-reader.ts';
import type { CalendarHead, RawEvent } from './raw-event.ts';
import { resolveEvent } from './resolve-event.ts';
import { ZONE_PROPERTIES, ZoneBuilder } from './zone-builder.ts';
import { ZoneTable } from './zone-table.ts';

const CALENDAR = 'VCALENDAR';
const EVENT = 'VEVENT';
const ZONE = 'VTIMEZONE';
const PROPERTIES = new Names([
  ...['BEGIN', 'END', 'METHOD', 'X-WR-TIMEZONE'],
  ...EVENT_PROPERTIES,
  ...ZONE_PROPERTIES,
]);
const OBSERVANCES: ReadonlySet<string> = new Set(['STANDARD', 'DAYLIGHT']);
const COMPONENTS = new Names([CALENDAR, EVENT, ZONE, 'VALARM', ...OBSERVANCES]);
const COLON = 0x3a;

/**
 * Reads an iCalendar stream (RFC 5545) while its bytes come in. What cannot be read is a problem of its event. The feed is
 * refused only when it is no calendar, or half of one (which would look like cancellations), or crosses a limit.
 */
export class CalendarReader {
  readonly #lines = new ContentLines(MAX_LINE_BYTES, (line) => this.#take(line));
  readonly #collector: FeedCollector;
  readonly #defaultTimeZone: string;
  /** What the events of the feed have in common. */
  readonly #shared = { properties: new PropertyReader(), kept: new KeptText() };
  /** Events by UID, in the order of the feed. Most have one. */
  readonly #events = new Map<string, RawEvent | RawEvent[]>();
  /** Names of the components that are open, outermost first. */
  readonly #open: string[] = [];
  #head: CalendarHead | undefined;
  #event: EventBuilder | undefined;
  #zone: ZoneBuilder | undefined;
  #zones = 0;
  #observances = 0;
  #line = 1;

  constructor(collector: FeedCollector, defaultTimeZone: string) {
    this.#collector = collector;
    this.#defaultTimeZone = defaultTimeZone;
  }

  /** @throws {UnusableFeed} */
  push(chunk: Uint8Array): void {
    this.#lines.push(chunk);
  }

  /** @throws {UnusableFeed} */
  end(): void {
    this.#lines.end();
    if (this.#head === undefined) throw notACalendar();
    if (this.#open.length > 0) {
      throw new UnusableFeed(
        'WrongContent',
        `the feed does not end with END:VCALENDAR; it may be cut off at line ${this.#line}`,
      );
    }
    for (const [uid, events] of this.#events) {
      // The event is dropped at once: bookings take its place.
      this.#events.delete(uid);
      this.#resolve(uid, Array.isArray(events) ? events : [events]);
    }
  }

  #resolve(uid: string, events: readonly RawEvent[]): void {
    const parsed = events.flatMap((raw) => {
      const where = `line ${raw.line}`;
      return this.#collector.attempt(uid, where, () => resolveEvent(uid, raw, this.#defaultTimeZone)) ?? [];
    });
    if (parsed.length > 0) this.#collector.addEvents(uid, `line ${events[0]?.line}`, parsed);
  }

  #take(line: ContentLine): void {
    this.#line = line.number;
    const name = PROPERTIES.ofProperty(line);
    if (name === 'BEGIN') this.#begin(componentOf(name, line), line.number);
    else if (name === 'END') this.#end(componentOf(name, line), line.number);
    else if (this.#head !== undefined) this.#takeProperty(this.#head, name, line);
    else if (!isBlank(line)) throw notACalendar();
  }

  #takeProperty(head: CalendarHead, name: string | undefined, line: ContentLine): void {
    const inner = this.#open.at(-1);
    if (this.#event !== undefined) {
      if (inner === EVENT && name !== undefined) this.#event.take(name, line);
      else this.#event.countLine(line.number);
    } else if (name === undefined) return;
    else if (this.#zone !== undefined) this.#zone.take(name, line);
    else if (inner === CALENDAR) this.#readHead(head, name, line);
  }

  #begin(name: string, line: number): void {
    if (this.#head === undefined && name !== CALENDAR) throw notACalendar();
    if (name === CALENDAR) {
      if (this.#open.length > 0) {
        throw new UnusableFeed('WrongContent', `line ${line}: a calendar begins before another has ended`);
      }
      this.#head = { cancels: false, timeZone: undefined, zones: new ZoneTable() };
    } else if (this.#open.length === 0) {
      if (name === EVENT) this.#skipOutside(line);
      return;
    }
    if (name === EVENT) this.#beginEvent(line);
    else if (name === ZONE && this.#event === undefined) this.#beginZone(line);
    else if (this.#zone !== undefined && OBSERVANCES.has(name)) this.#beginObservance(line);
    if (this.#open.push(name) > MAX_DEPTH) {
      throw tooComplex(line, `components lie in one another more than ${MAX_DEPTH} deep`);
    }
  }

  #skipOutside(line: number): void {
    this.#collector.countEvent();
    const message = `line ${line}: the event is outside of a calendar`;
    this.#collector.skip('', { reason: 'InvalidSyntax', message });
  }

  #beginEvent(line: number): void {
    if (this.#event !== undefined) this.#close(this.#open.lastIndexOf(EVENT), line, 'Unended');
    this.#collector.countEvent();
    this.#event = new EventBuilder(this.#head as CalendarHead, line, this.#shared);
  }

  #beginZone(line: number): void {
    this.#zones += 1;
    if (this.#zones > MAX_TIME_ZONES) throw tooComplex(line, `more than ${MAX_TIME_ZONES} time zones`);
    this.#zone = new ZoneBuilder(this.#shared.kept);
  }

  #beginObservance(line: number): void {
    this.#observances += 1;
    if (this.#observances > MAX_OBSERVANCES) {
      throw tooComplex(line, `time zones have more than ${MAX_OBSERVANCES} parts`);
    }
    this.#zone?.beginObservance();
  }

  #end(name: string, line: number): void {
    const index = this.#open.lastIndexOf(name);
    if (index >= 0) this.#close(index, line, 'ByItsEnd');
    else if (name === EVENT && this.#open.length > 0) {
      const message = `line ${line}: END:VEVENT without BEGIN:VEVENT`;
      this.#collector.skip('', { reason: 'InvalidSyntax', message });
    }
  }

  /** Closes a component, and what is still open in it. */
  #close(index: number, line: number, closed: 'ByItsEnd' | 'Unended'): void {
    while (this.#open.length > index) {
      const name = this.#open.pop();
      const ended = closed === 'ByItsEnd' && this.#open.length === index;
      if (name === EVENT) this.#closeEvent(line, ended);
      else if (name === ZONE && this.#zone !== undefined) {
        this.#head?.zones.define(this.#zone.zone);
        this.#zone = undefined;
      }
    }
  }

  #closeEvent(line: number, ended: boolean): void {
    const event = this.#event;
    this.#event = undefined;
    if (event === undefined) return;
    if (!ended) event.fail(line, new UnusableEvent('InvalidSyntax', 'the event has no END:VEVENT'));
    const built = event.build();
    if (built.kind === 'Unusable') this.#collector.skip(built.uid, built.problem);
    else this.#keep(built.uid, built.event);
  }

  #keep(uid: string, event: RawEvent): void {
    const known = this.#events.get(uid);
    if (known === undefined) this.#events.set(uid, event);
    else if (Array.isArray(known)) known.push(event);
    else this.#events.set(uid, [known, event]);
  }

  #readHead(head: CalendarHead, name: string, line: ContentLine): void {
    if (line.isCut || (name !== 'METHOD' && name !== 'X-WR-TIMEZONE')) return;
    const value = valueOfLine(name, line)?.trim() ?? '';
    if (name === 'METHOD') head.cancels = value.toUpperCase() === 'CANCEL';
    else head.timeZone ??= unescapeText(value).slice(0, 255);
  }
}

function valueOfLine(name: string, line: ContentLine): string | undefined {
  const text = textOf(line);
  return text === undefined ? undefined : parseProperty(name, text, { colonsInValue: true })?.value;
}

function componentOf(name: string, line: ContentLine): string {
  const { buffer, from, until } = line;
  const colon = from + name.length;
  const known = buffer[colon] === COLON ? COMPONENTS.at(buffer, colon + 1, until) : undefined;
  if (known !== undefined && !line.isCut) return known;
  return line.isCut ? '' : (valueOfLine(name, line) ?? '').trim().toUpperCase();
}

function isBlank(line: ContentLine): boolean {
  return !line.isCut && textOf(line)?.trim() === '';
}

function notACalendar(): UnusableFeed {
  return new UnusableFeed('WrongContent', 'the feed does not begin with BEGIN:VCALENDAR');
}
