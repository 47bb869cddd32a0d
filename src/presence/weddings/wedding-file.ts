import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import type { Rooms } from '../room/rooms.ts';
import type { WeddingRegistry } from './wedding-registry.ts';

export interface WeddingFileDeps {
  readonly registry: WeddingRegistry;
  readonly rooms: Pick<Rooms, 'warm'>;
  readonly clock: Pick<Clock, 'setTimeout' | 'now'>;
  readonly log: Logger;
  /** Undefined: the operator publishes no weddings. */
  readonly path: string | undefined;
  readonly readText: (path: string) => Promise<string>;
}

/** The kubelet itself renews a mounted file about once a minute. */
const READ_EVERY_MS = 5_000;

/** Reads the published weddings periodically, and keeps their rooms warm. */
export class WeddingFile {
  readonly #deps: WeddingFileDeps;
  #text = '';
  #lastError = '';
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
    const { registry, rooms, clock, readText } = this.#deps;
    try {
      const text = await readText(path);
      if (text !== this.#text) registry.load(text);
      this.#text = text;
      this.#lastError = '';
    } catch (error) {
      this.#logFailure(error);
    }
    if (this.#closed) return;
    rooms.warm(registry.warm(clock.now().getTime()));
    this.#cancel = clock.setTimeout(() => void this.#read(path), READ_EVERY_MS);
  }

  /** Logs each different error once: a missing or broken file would fill the log. */
  #logFailure(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (message === this.#lastError) return;
    this.#lastError = message;
    this.#deps.log.warn(
      { err: error },
      'could not read the published weddings; the last good version stays in effect',
    );
  }
}
