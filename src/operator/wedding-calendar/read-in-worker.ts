import { Worker } from 'node:worker_threads';
import type { ZoneFile } from '../../domain/calendar/zones/zone-data.ts';
import { SHIPPED_ZONES, zonesInForce } from '../../domain/calendar/zones/zones-in-force.ts';
import type { NamedBooking } from '../../domain/feed/plan-changes.ts';
import { type FeedReading, type FeedRefusal, UnusableFeed } from '../../domain/feed/reading.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { FeedToRead } from './read-feed.ts';

export interface WorkerTask {
  /** Name of the WeddingCalendar; Weddings are named after it. */
  calendar: string;
  feed: FeedToRead;
  /** Zone data of this process, when it is not the shipped one: a thread begins with that. */
  zones?: ZoneFile;
}

export type NamedReading = Omit<FeedReading, 'bookings'> & { bookings: NamedBooking[] };

export type WorkerAnswer =
  | { kind: 'Read'; reading: NamedReading }
  | { kind: 'Refused'; reason: FeedRefusal; message: string };

/** A feed of 5 MiB takes about two seconds on one core; what takes this long is made to. */
export const READ_LIMIT_MS = 20_000;
/** Several times what a feed of the longest kind needs, and less than the container has. */
const MAX_HEAP_MB = 160;

/** The bundle of the operator has the worker beside it, as the source has. */
const WORKER_URL = new URL(
  import.meta.url.endsWith('.ts') ? './feed-worker.ts' : './feed-worker.js',
  import.meta.url,
);

/**
 * Reads a feed on another thread, so that the event loop, which renews the lease, is not held up; with a limit of time
 * and of memory.
 *
 * @throws {UnusableFeed} also TooExpensive
 */
export function readInWorker(
  task: WorkerTask,
  { clock, signal, limitMs = READ_LIMIT_MS }: { clock: Clock; signal: AbortSignal; limitMs?: number },
): Promise<NamedReading> {
  signal.throwIfAborted();
  const worker = new Worker(WORKER_URL, {
    workerData: zonesInForce() === SHIPPED_ZONES ? task : { ...task, zones: zonesInForce().file },
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    env: {},
    execArgv: [],
  });
  return new Promise<NamedReading>((resolve, reject) => {
    const tooExpensive = (what: string): void => reject(new UnusableFeed('TooExpensive', what));
    const cancel = clock.setTimeout(
      () => tooExpensive(`reading takes longer than ${limitMs / 1000} s`),
      limitMs,
    );
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    worker.once('message', (answer: WorkerAnswer) => {
      if (answer.kind === 'Read') resolve(answer.reading);
      else reject(new UnusableFeed(answer.reason, answer.message));
    });
    worker.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ERR_WORKER_OUT_OF_MEMORY')
        tooExpensive(`reading takes more than ${MAX_HEAP_MB} MB`);
      else reject(error);
    });
    worker.once('exit', () => {
      cancel();
      signal.removeEventListener('abort', onAbort);
      reject(new Error('the thread that reads the feed ended without an answer'));
    });
  }).finally(() => void worker.terminate());
}
