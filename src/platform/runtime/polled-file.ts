import type { Cancel, Clock } from './clock.ts';

export interface PolledFileOptions {
  readonly path: string;
  readonly readText: (path: string) => Promise<string>;
  readonly clock: Pick<Clock, 'setTimeout'>;
  /** Milliseconds between the end of a look and the next one. */
  readonly everyMs: number;
  /** Called with the content after each read. It may throw: then the look has failed. */
  readonly use: (text: string) => void;
  /** Called for each different error in a row once: a missing or broken file would fill the log. */
  readonly onFailure: (error: unknown) => void;
  /** Called after each look, whether it failed or not. */
  readonly afterLook?: () => void;
  /** A file that is not there is no failure. */
  readonly mayBeMissing?: boolean;
}

/** Reads a file periodically: a file that is mounted into a pod is replaced while the pod runs. */
export class PolledFile {
  readonly #options: PolledFileOptions;
  #lastError = '';
  #closed = false;
  #cancel: Cancel = () => {};

  constructor(options: PolledFileOptions) {
    this.#options = options;
  }

  /** Looks now, and from then on. Resolves after the first look, whether it failed or not. */
  async look(): Promise<void> {
    const { path, readText, use, afterLook } = this.#options;
    try {
      use(await readText(path));
      this.#lastError = '';
    } catch (error) {
      this.#noteFailure(error);
    }
    if (this.#closed) return;
    afterLook?.();
    this.lookLater();
  }

  /** Looks after a pause, and from then on. */
  lookLater(): void {
    const { clock, everyMs } = this.#options;
    this.#cancel = clock.setTimeout(() => void this.look(), everyMs);
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #noteFailure(error: unknown): void {
    const { mayBeMissing = false, onFailure } = this.#options;
    if (mayBeMissing && (error as NodeJS.ErrnoException).code === 'ENOENT') return;
    const message = error instanceof Error ? error.message : String(error);
    if (message !== this.#lastError) onFailure(error);
    this.#lastError = message;
  }
}
