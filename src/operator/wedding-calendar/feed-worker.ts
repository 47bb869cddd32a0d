/** The thread that reads one feed; started by `read-in-worker.ts` and bundled as a file of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { zoneData } from '../../domain/calendar/zones/zone-data.ts';
import { useZones } from '../../domain/calendar/zones/zones-in-force.ts';
import type { NamedBooking } from '../../domain/feed/booking.ts';
import { UnusableFeed } from '../../domain/feed/reading.ts';
import { weddingName } from '../../domain/feed/wedding-name.ts';
import { sha256Hex } from '../objects/content-hash.ts';
import { encodeBookings } from './booking-rows.ts';
import { feedReader } from './read-feed.ts';
import { CHUNK_BYTES, type ToWorker, type WorkerAnswer, type WorkerTask } from './worker-messages.ts';

/** Bookings go over in groups, so that neither side holds them all twice. */
const BOOKINGS_A_MESSAGE = 256;

const { calendar, feed, slots, zones } = workerData as WorkerTask;
if (zones !== undefined) useZones(zoneData(zones));
let bookings: NamedBooking[] = [];
const answer = (message: WorkerAnswer): void => parentPort?.postMessage(message);

const reader = await feedReader(feed, (booking) => {
  bookings.push({ ...booking, name: weddingName(calendar, booking, sha256Hex) });
  if (bookings.length === BOOKINGS_A_MESSAGE) flush();
});

function flush(): void {
  answer({ kind: 'Bookings', text: encodeBookings(bookings) });
  bookings = [];
}

function refusalOf(error: unknown): WorkerAnswer {
  if (error instanceof UnusableFeed) return { kind: 'Refused', reason: error.reason, message: error.message };
  // Whatever a feed can do to a parser is the feed's fault: the last good copy stays.
  const detail = error instanceof Error ? error.message : String(error);
  return {
    kind: 'Refused',
    reason: 'WrongContent',
    message: `the feed cannot be read: ${detail.slice(0, 200)}`,
  };
}

parentPort?.on('message', (message: ToWorker) => {
  try {
    if (message.kind === 'Chunk') {
      reader.push(new Uint8Array(slots, message.slot * CHUNK_BYTES, message.length));
      answer({ kind: 'Took' });
      return;
    }
    const counts = reader.end();
    flush();
    answer({ kind: 'Read', counts });
  } catch (error) {
    answer(refusalOf(error));
  }
});
