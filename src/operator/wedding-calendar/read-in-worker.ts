import { Worker } from 'node:worker_threads';
import { SHIPPED_ZONES, zonesInForce } from '../../domain/calendar/zones/zones-in-force.ts';
import type { NamedBooking } from '../../domain/feed/booking.ts';
import { UnusableFeed } from '../../domain/feed/reading.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { BookingDecoder } from './booking-rows.ts';
import { TimeBudget } from './time-budget.ts';
import {
  CHUNK_BYTES,
  type NamedReading,
  type ToWorker,
  type WorkerAnswer,
  type WorkerTask,
} from './worker-messages.ts';

export interface ReadLimits {
  clock: Clock;
  signal: AbortSignal;
  /** Of reading alone, without the time that the feed takes to come. */
  limitMs?: number;
}

/** A feed of 5 MiB takes less than a second on one core; what takes this long is made to. */
export const READ_LIMIT_MS = 20_000;
/** A net below the limits of the readers, which a feed with 20,000 events and all limits nearly reached stays inside. */
const MAX_HEAP_MB = 48;
/** Little, because what the reader makes is short-lived: it bounds what the thread takes beside its heap. */
const MAX_YOUNG_HEAP_MB = 4;
/** The thread reads one while the next comes. Shared memory, because each copy of a chunk would be garbage until a collection. */
const SLOTS = 2;

/** The bundle of the operator has the worker beside it, as the source has. */
const WORKER_URL = new URL(
  import.meta.url.endsWith('.ts') ? './feed-worker.ts' : './feed-worker.js',
  import.meta.url,
);

/**
 * Reads a feed on another thread while it comes, so that the event loop, which renews the lease, is not held up; with a
 * limit of time and of memory. The thread has no environment.
 *
 * @throws {UnusableFeed} also TooExpensive
 */
export async function readInWorker(
  task: Omit<WorkerTask, 'slots'>,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  limits: ReadLimits,
): Promise<NamedReading> {
  limits.signal.throwIfAborted();
  const thread = new FeedThread(task, limits);
  try {
    return await Promise.race([thread.reading, feed(thread, chunks)]);
  } finally {
    await thread.close();
  }
}

async function feed(
  thread: FeedThread,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<NamedReading> {
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += CHUNK_BYTES) {
      await thread.send(chunk.subarray(from, from + CHUNK_BYTES));
    }
  }
  return await thread.finish();
}

class FeedThread {
  readonly #worker: Worker;
  readonly #budget: TimeBudget;
  readonly #bookings: NamedBooking[] = [];
  readonly #decoder = new BookingDecoder();
  readonly #outcome = Promise.withResolvers<NamedReading>();
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => this.#outcome.reject(this.#signal.reason);
  readonly #slots = new SharedArrayBuffer(SLOTS * CHUNK_BYTES);
  #sent = 0;
  #waiting = 0;
  #room: PromiseWithResolvers<void> | undefined;

  constructor(task: Omit<WorkerTask, 'slots'>, { clock, signal, limitMs = READ_LIMIT_MS }: ReadLimits) {
    this.#signal = signal;
    this.#budget = new TimeBudget(clock, limitMs, () =>
      this.#outcome.reject(tooExpensive(`reading takes longer than ${limitMs / 1000} s`)),
    );
    this.#worker = new Worker(WORKER_URL, {
      workerData: workerTask(task, this.#slots),
      resourceLimits: {
        maxOldGenerationSizeMb: MAX_HEAP_MB,
        maxYoungGenerationSizeMb: MAX_YOUNG_HEAP_MB,
      },
      env: {},
      execArgv: [],
    });
    // Callers read the outcome later; without this line a failure before then is an unhandled rejection.
    this.#outcome.promise.catch(() => undefined);
    signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#worker.on('message', (answer: WorkerAnswer) => this.#take(answer));
    this.#worker.once('error', (error: NodeJS.ErrnoException) => this.#outcome.reject(deathOf(error)));
    this.#worker.once('exit', () =>
      this.#outcome.reject(tooExpensive('the thread that reads the feed ended without an answer')),
    );
  }

  get reading(): Promise<NamedReading> {
    return this.#outcome.promise;
  }

  /** Hands over a chunk; waits until there is room for the next. */
  async send(bytes: Uint8Array): Promise<void> {
    const slot = this.#sent % SLOTS;
    this.#sent += 1;
    new Uint8Array(this.#slots, slot * CHUNK_BYTES, bytes.length).set(bytes);
    this.#post({ kind: 'Chunk', slot, length: bytes.length });
    while (this.#waiting === SLOTS) {
      this.#room = Promise.withResolvers();
      await Promise.race([this.#room.promise, this.reading]);
    }
  }

  async finish(): Promise<NamedReading> {
    this.#post({ kind: 'End' });
    return await this.reading;
  }

  async close(): Promise<void> {
    this.#budget.stop();
    this.#signal.removeEventListener('abort', this.#onAbort);
    // Nothing waits any more for a thread that is ended on purpose.
    this.#outcome.reject(new Error('the thread that reads the feed was ended'));
    await this.#worker.terminate();
  }

  #post(message: ToWorker): void {
    this.#waiting += 1;
    this.#budget.run();
    this.#worker.postMessage(message);
  }

  #take(answer: WorkerAnswer): void {
    switch (answer.kind) {
      case 'Took':
        this.#waiting -= 1;
        if (this.#waiting === 0) this.#budget.pause();
        this.#room?.resolve();
        return;
      case 'Bookings':
        this.#bookings.push(...this.#decoder.decode(answer.text));
        return;
      case 'Read':
        this.#outcome.resolve({ ...answer.counts, bookings: this.#bookings });
        return;
      case 'Refused':
        this.#outcome.reject(new UnusableFeed(answer.reason, answer.message));
        return;
    }
  }
}

/** The thread dies alone: that is a problem of its feed. */
function deathOf(error: NodeJS.ErrnoException): UnusableFeed {
  return error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? tooExpensive(`reading takes more than ${MAX_HEAP_MB} MB`)
    : new UnusableFeed('WrongContent', `the thread that reads the feed died: ${error.message.slice(0, 200)}`);
}

function tooExpensive(what: string): UnusableFeed {
  return new UnusableFeed('TooExpensive', what);
}

function workerTask(task: Omit<WorkerTask, 'slots' | 'zones'>, slots: SharedArrayBuffer): WorkerTask {
  const zones = zonesInForce();
  return zones === SHIPPED_ZONES ? { ...task, slots } : { ...task, slots, zones: zones.file };
}
