import { weddingCalendarSpec } from '../../src/api/v1alpha1/wedding-calendar.ts';
import type { Booking } from '../../src/domain/feed/booking.ts';
import { FeedCollector, type FeedReading } from '../../src/domain/feed/reading.ts';
import { CalendarReader } from '../../src/operator/wedding-calendar/ical/calendar-reader.ts';
import { BookingReader } from '../../src/operator/wedding-calendar/json/booking-reader.ts';
import type { FeedTask } from '../../src/operator/wedding-calendar/read-feed.ts';

/** The rules of a WeddingCalendar that sets nothing but its zone and what is given. */
export function feedRules(
  weddings: object = {},
  maxEvents = 20_000,
  defaultTimeZone = 'Europe/London',
): FeedTask['rules'] {
  const spec = weddingCalendarSpec.parse({ source: { configMapName: 'feed' }, defaultTimeZone, weddings });
  return { mapping: spec.weddings, defaultTimeZone: spec.defaultTimeZone, maxEvents };
}

/** A feed read whole, from bytes that come in pieces. */
export function readFeedBytes(
  bytes: Uint8Array,
  { format, rules, now }: FeedTask,
  pieceLength = bytes.length || 1,
): FeedReading {
  const bookings: Booking[] = [];
  const collector = new FeedCollector(rules, now, (booking) => bookings.push(booking));
  const reader =
    format === 'JSON' ? new BookingReader(collector) : new CalendarReader(collector, rules.defaultTimeZone);
  for (let from = 0; from < bytes.length; from += pieceLength) {
    reader.push(bytes.subarray(from, from + pieceLength));
  }
  reader.end();
  return { ...collector.counts, bookings };
}
