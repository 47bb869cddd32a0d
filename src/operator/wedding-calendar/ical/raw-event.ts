import type { Team, WeddingSpec } from '../../../api/v1alpha1/wedding.ts';
import type { EventLength } from '../../../domain/feed/feed-event.ts';
import type { WrittenPeriod, WrittenTime, WrittenTimes } from './time-value.ts';
import type { ZoneTable } from './zone-table.ts';

/** What a VCALENDAR says of all its events. */
export interface CalendarHead {
  /** METHOD:CANCEL: all its events are cancelled (RFC 5546 3.2.5). */
  cancels: boolean;
  /** X-WR-TIMEZONE: zone of times that have none. */
  timeZone: string | undefined;
  zones: ZoneTable;
}

/** A VEVENT as it is written. Its zones are looked up when the whole feed is read: their definitions may come later. */
export interface RawEvent {
  head: CalendarHead;
  /** Where it begins. */
  line: number;
  start: WrittenTime | undefined;
  end: WrittenTime | undefined;
  duration: EventLength | undefined;
  state: WeddingSpec['state'] | undefined;
  categories: readonly string[];
  team: Team | undefined;
  /** Texts of RRULE. */
  rules: readonly string[];
  added: readonly WrittenTimes[];
  excluded: readonly WrittenTimes[];
  /** Those of `added` that have a length of their own. */
  periods: readonly WrittenPeriod[];
  recurrenceId: WrittenTime | undefined;
  andFuture: boolean;
  /** X-MICROSOFT-CDO-ALLDAYEVENT: midnight stands for the day. */
  isAllDay: boolean;
  sequence: number;
  stamp: string;
}
