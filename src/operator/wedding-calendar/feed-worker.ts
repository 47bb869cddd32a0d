/** The thread that reads one feed; started by `read-in-worker.ts` and bundled as a file of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { zoneData } from '../../domain/calendar/zones/zone-data.ts';
import { useZones } from '../../domain/calendar/zones/zones-in-force.ts';
import { UnusableFeed } from '../../domain/feed/reading.ts';
import { weddingName } from '../../domain/feed/wedding-name.ts';
import { sha256Hex } from '../objects/content-hash.ts';
import { readFeed } from './read-feed.ts';
import type { WorkerAnswer, WorkerTask } from './read-in-worker.ts';

function answerOf({ calendar, feed }: WorkerTask): WorkerAnswer {
  try {
    const reading = readFeed(feed);
    const bookings = reading.bookings.map((booking) => ({
      ...booking,
      name: weddingName(calendar, booking, sha256Hex),
    }));
    return { kind: 'Read', reading: { ...reading, bookings } };
  } catch (error) {
    if (error instanceof UnusableFeed)
      return { kind: 'Refused', reason: error.reason, message: error.message };
    // Whatever a feed can do to a parser is the feed's fault: the last good copy stays.
    const detail = error instanceof Error ? error.message : String(error);
    return {
      kind: 'Refused',
      reason: 'WrongContent',
      message: `the feed cannot be read: ${detail.slice(0, 200)}`,
    };
  }
}

const task = workerData as WorkerTask;
if (task.zones !== undefined) useZones(zoneData(task.zones));
parentPort?.postMessage(answerOf(task));
