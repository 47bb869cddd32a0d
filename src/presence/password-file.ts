import type { Cancel, Clock } from '../platform/runtime/clock.ts';
import type { Logger } from '../platform/telemetry/log.ts';

export interface PasswordFileDeps {
  readonly clock: Pick<Clock, 'setTimeout'>;
  readonly log: Logger;
  /** Undefined: the password came another way and stays. */
  readonly path: string | undefined;
  readonly readText: (path: string) => Promise<string>;
  /** Called with what the file says, again and again. */
  readonly use: (password: string) => void;
}

/** The kubelet itself renews a mounted file about once a minute. */
const READ_EVERY_MS = 5_000;

/** Reads the password of Redis again and again: it is replaced while we run, and the old one is taken for minutes only. */
export class PasswordFile {
  readonly #deps: PasswordFileDeps;
  #trouble = '';
  #closed = false;
  #cancel: Cancel = () => {};

  constructor(deps: PasswordFileDeps) {
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
    const { log, readText, use } = this.#deps;
    try {
      const password = (await readText(path)).replace(/\r?\n$/, '');
      if (password !== '') use(password);
      this.#trouble = '';
    } catch (error) {
      const trouble = error instanceof Error ? error.message : String(error);
      // Once a kind: it would fill the log.
      if (trouble !== this.#trouble) {
        log.warn({ err: error }, 'the file with the password of Redis cannot be read; the last one stays');
      }
      this.#trouble = trouble;
    }
    if (!this.#closed) this.#readLater(path);
  }
}
