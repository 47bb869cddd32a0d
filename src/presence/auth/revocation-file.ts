import type { Clock } from '../../platform/runtime/clock.ts';
import { PolledFile } from '../../platform/runtime/polled-file.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import type { Revocations } from './revocations.ts';

export interface RevocationFileDeps {
  readonly revocations: Revocations;
  /** Ends what a revocation ends; called every second while there is one, because a join may be under way. */
  readonly enforce: () => void;
  readonly clock: Pick<Clock, 'setTimeout'>;
  readonly log: Logger;
  /** Undefined: the operator publishes no revocations. */
  readonly path: string | undefined;
  readonly readText: (path: string) => Promise<string>;
}

/** A person is to be disconnected at once; the file is small. */
const READ_EVERY_MS = 1_000;

/** Reads the published revocations periodically. A list that cannot be read, or is gone, leaves the last good one in effect. */
export class RevocationFile {
  readonly #file: PolledFile | undefined;
  /** Resolves when the file has been read, or could not be: the server lets no client in before. */
  readonly ready: Promise<void>;
  #text = '';

  constructor({ revocations, enforce, clock, log, path, readText }: RevocationFileDeps) {
    this.ready = Promise.resolve();
    if (path === undefined) return;
    this.#file = new PolledFile({
      path,
      readText,
      clock,
      everyMs: READ_EVERY_MS,
      use: (text) => {
        if (text === this.#text) return;
        revocations.load(text);
        this.#text = text;
        log.info({ revocations: revocations.ended.size }, 'took over the published revocations');
      },
      onFailure: (error) =>
        log.warn(
          { err: error },
          'could not read the published revocations; the last good version stays in effect',
        ),
      afterLook: () => {
        if (!revocations.isEmpty) enforce();
      },
      // There is no file until the first person is disconnected.
      mayBeMissing: true,
    });
    this.ready = this.#file.look();
  }

  close(): void {
    this.#file?.close();
  }
}
