import type { ZoneFile } from '../../domain/calendar/zones/zone-data.ts';
import type { NamedBooking } from '../../domain/feed/booking.ts';
import type { FeedReading, FeedRefusal } from '../../domain/feed/reading.ts';
import type { FeedTask } from './read-feed.ts';

export const CHUNK_BYTES = 65_536;

export interface WorkerTask {
  /** Name of the WeddingCalendar; Weddings are named after it. */
  calendar: string;
  feed: FeedTask;
  /** Where the bytes of chunks lie: slots of {@link CHUNK_BYTES} each, one after the other. */
  slots: SharedArrayBuffer;
  /** Zone data of this process, when it is not the shipped one: a thread begins with that. */
  zones?: ZoneFile;
}

type Counts = Omit<FeedReading, 'bookings'>;
export type NamedReading = Counts & { bookings: NamedBooking[] };

/** A chunk lies in a slot until it is read. */
export type ToWorker = { kind: 'Chunk'; slot: number; length: number } | { kind: 'End' };

export type WorkerAnswer =
  /** A chunk is read. */
  | { kind: 'Took' }
  | { kind: 'Bookings'; text: string }
  | { kind: 'Read'; counts: Counts }
  | { kind: 'Refused'; reason: FeedRefusal; message: string };
