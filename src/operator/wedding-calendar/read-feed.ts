import type { WeddingCalendarSpec } from '../../api/v1alpha1/wedding-calendar.ts';
import type { Booking, FeedRules } from '../../domain/feed/booking.ts';
import { FeedCollector, type FeedReading } from '../../domain/feed/reading.ts';
import { CalendarReader } from './ical/calendar-reader.ts';

/** All that reading a feed depends on; plain data, so that it can go to a worker. */
export interface FeedTask {
  format: WeddingCalendarSpec['format'];
  rules: FeedRules;
  now: Date;
}

export interface FeedReader {
  /** @throws {UnusableFeed} */
  push(chunk: Uint8Array): void;
  /**
   * Nothing more comes. Bookings of iCalendar are emitted now, those of JSON were before.
   *
   * @throws {UnusableFeed}
   */
  end(): Omit<FeedReading, 'bookings'>;
}

/** Reads a feed while its bytes come in, in memory that does not depend on what it holds. */
export async function feedReader(
  { format, rules, now }: FeedTask,
  emit: (booking: Booking) => void,
): Promise<FeedReader> {
  const collector = new FeedCollector(rules, now, emit);
  const reader =
    format === 'JSON' ? await bookingReader(collector) : new CalendarReader(collector, rules.defaultTimeZone);
  return {
    push: (chunk) => reader.push(chunk),
    end: () => {
      reader.end();
      return collector.counts;
    },
  };
}

/** Loaded when it is needed: the schema of bookings takes more memory than all the rest. */
async function bookingReader(
  collector: FeedCollector,
): Promise<Pick<FeedReader, 'push'> & { end: () => void }> {
  const { BookingReader } = await import('./json/booking-reader.ts');
  return new BookingReader(collector);
}
