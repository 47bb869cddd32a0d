import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import type { Rooms } from '../room/rooms.ts';
import type { WeddingBook } from './wedding-book.ts';

export interface WeddingFileDeps {
  readonly book: WeddingBook;
  readonly rooms: Pick<Rooms, 'warm'>;
  readonly clock: Pick<Clock, 'setTimeout' | 'now'>;
  readonly log: Logger;
  /** Undefined: the operator publishes no weddings. */
  readonly path: string | undefined;
  readonly readText: (path: string) => Promise<string>;
}

/** The kubelet itself renews a mounted file about once a minute. */
const READ_EVERY_MS = 5_000;

/** Reads what the operator publishes of the weddings, again and again, and keeps their rooms warm. */
export class WeddingFile {
  readonly #deps: WeddingFileDeps;
  #text = '';
  #trouble = '';
  #closed = false;
  #cancel: Cancel = () => {};

  constructor(deps: WeddingFileDeps) {
    this.#deps = deps;
    if (deps.path !== undefined) void this.#read(deps.path);
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  async #read(path: string): Promise<void> {
    const { book, rooms, clock, readText } = this.#deps;
    try {
      const text = await readText(path);
      if (text !== this.#text) book.load(text);
      this.#text = text;
      this.#trouble = '';
    } catch (error) {
      this.#complain(error);
    }
    if (this.#closed) return;
    rooms.warm(book.warm(clock.now().getTime()));
    this.#cancel = clock.setTimeout(() => void this.#read(path), READ_EVERY_MS);
  }

  /** Once a kind: a file that is not there yet, or is broken, would fill the log. */
  #complain(error: unknown): void {
    const trouble = error instanceof Error ? error.message : String(error);
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#deps.log.warn({ err: error }, 'no weddings from the operator; what was read last stays');
  }
}
