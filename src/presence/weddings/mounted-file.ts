import type { Clock } from '../../platform/runtime/clock.ts';
import { PolledFile } from '../../platform/runtime/polled-file.ts';
import type { Logger } from '../../platform/telemetry/log.ts';

export interface MountedFileDeps {
  readonly clock: Pick<Clock, 'setTimeout'>;
  readonly log: Logger;
  /** Undefined: there is no file, and nothing is read. */
  readonly path: string | undefined;
  /** The content of the file, in words, for the log. */
  readonly what: string;
  readonly readText: (path: string) => Promise<string>;
  /** Called with the content after each read. */
  readonly use: (text: string) => void;
}

/** The kubelet itself renews a mounted file about once a minute. */
const READ_EVERY_MS = 5_000;

/**
 * Reads a file of a Secret periodically: the Redis password and its certificate authorities are replaced while we run, and
 * the old ones are valid for minutes only.
 */
export class MountedFile {
  readonly #file: PolledFile | undefined;

  constructor({ clock, log, path, what, readText, use }: MountedFileDeps) {
    if (path === undefined) return;
    this.#file = new PolledFile({
      path,
      readText,
      clock,
      everyMs: READ_EVERY_MS,
      use: (content) => {
        const text = content.replace(/\r?\n$/, '');
        if (text !== '') use(text);
      },
      onFailure: (error) =>
        log.warn({ err: error }, `could not read the file with ${what}; the last content stays in effect`),
    });
    this.#file.lookLater();
  }

  close(): void {
    this.#file?.close();
  }
}
