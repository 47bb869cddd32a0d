import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
import type { Logger } from '../../platform/telemetry/log.ts';

export interface MountedFileDeps {
  readonly clock: Pick<Clock, 'setTimeout'>;
  readonly log: Logger;
  /** Undefined: there is none, and nothing is read. */
  readonly path: string | undefined;
  /** What the file holds, for the log. */
  readonly what: string;
  readonly readText: (path: string) => Promise<string>;
  /** Called with what the file says, again and again. */
  readonly use: (text: string) => void;
}

/** The kubelet itself renews a mounted file about once a minute. */
const READ_EVERY_MS = 5_000;

/**
 * Reads a file of a Secret again and again: the password of Redis and the authorities of its certificates are replaced while we
 * run, and the old ones are good for minutes only.
 */
export class MountedFile {
  readonly #deps: MountedFileDeps;
  #trouble = '';
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
      this.#trouble = '';
    } catch (error) {
      const trouble = error instanceof Error ? error.message : String(error);
      // Once a kind: it would fill the log.
      if (trouble !== this.#trouble) {
        log.warn({ err: error }, `the file with ${what} cannot be read; what it said stays`);
      }
      this.#trouble = trouble;
    }
    if (!this.#closed) this.#readLater(path);
  }
}
