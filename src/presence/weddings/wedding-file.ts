import type { Clock } from '../../platform/runtime/clock.ts';
import { PolledFile } from '../../platform/runtime/polled-file.ts';
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
  readonly #file: PolledFile | undefined;
  #text = '';

  constructor({ registry, rooms, clock, log, path, readText }: WeddingFileDeps) {
    if (path === undefined) return;
    this.#file = new PolledFile({
      path,
      readText,
      clock,
      everyMs: READ_EVERY_MS,
      use: (text) => {
        if (text !== this.#text) registry.load(text);
        this.#text = text;
      },
      onFailure: (error) =>
        log.warn(
          { err: error },
          'could not read the published weddings; the last good version stays in effect',
        ),
      afterLook: () => rooms.warm(registry.warm(clock.now().getTime())),
    });
    void this.#file.look();
  }

  close(): void {
    this.#file?.close();
  }
}
