import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
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
  readonly #deps: RevocationFileDeps;
  /** Resolves when the file has been read, or could not be: the server lets no client in before. */
  readonly ready: Promise<void>;
  #text = '';
  #lastError = '';
  #closed = false;
  #cancel: Cancel = () => {};

  constructor(deps: RevocationFileDeps) {
    this.#deps = deps;
    this.ready = deps.path === undefined ? Promise.resolve() : this.#read(deps.path);
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  async #read(path: string): Promise<void> {
    const { revocations, enforce, clock, log, readText } = this.#deps;
    try {
      const text = await readText(path);
      if (text !== this.#text) {
        revocations.load(text);
        this.#text = text;
        log.info({ revocations: revocations.ended.size }, 'took over the published revocations');
      }
      this.#lastError = '';
    } catch (error) {
      this.#logFailure(error);
    }
    if (this.#closed) return;
    if (!revocations.isEmpty) enforce();
    this.#cancel = clock.setTimeout(() => void this.#read(path), READ_EVERY_MS);
  }

  /** Each different error once. There is no file until the first person is disconnected. */
  #logFailure(error: unknown): void {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    const message = error instanceof Error ? error.message : String(error);
    if (message !== this.#lastError)
      this.#deps.log.warn(
        { err: error },
        'could not read the published revocations; the last good version stays in effect',
      );
    this.#lastError = message;
  }
}
