import { weddingCalendarSpec } from '../../src/api/v1alpha1/wedding-calendar.ts';
import type { Booking } from '../../src/domain/feed/booking.ts';
import type { FeedReading } from '../../src/domain/feed/reading.ts';
import { type FeedTask, feedReader } from '../../src/operator/wedding-calendar/read-feed.ts';

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
  task: FeedTask,
  pieceLength = bytes.length || 1,
): FeedReading {
  const bookings: Booking[] = [];
  const reader = feedReader(task, (booking) => bookings.push(booking));
  for (let from = 0; from < bytes.length; from += pieceLength) {
    reader.push(bytes.subarray(from, from + pieceLength));
  }
  return { ...reader.end(), bookings };
}
