import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
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
  readonly #deps: MountedFileDeps;
  #lastError = '';
  #closed = false;
  #cancel: Cancel = () => {};

  constructor(deps: MountedFileDeps) {
    this.#deps = deps;
    if (deps.path !== undefined) this.#readLater(deps.path);
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #readLater(path: string): void {
    this.#cancel = this.#deps.clock.setTimeout(() => void this.#read(path), READ_EVERY_MS);
  }

  async #read(path: string): Promise<void> {
    const { log, readText, use, what } = this.#deps;
    try {
      const text = (await readText(path)).replace(/\r?\n$/, '');
      if (text !== '') use(text);
      this.#lastError = '';
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      // Each different error once: it would fill the log.
      if (message !== this.#lastError) {
        log.warn({ err: error }, `could not read the file with ${what}; the last content stays in effect`);
      }
      this.#lastError = message;
    }
    if (!this.#closed) this.#readLater(path);
  }
}
