import { StoreUnavailable } from '../store/store.ts';
import type { PresenceMetrics } from '../telemetry/metrics.ts';

/** Counts the requests of one room that Redis has not answered. A room with open requests is not released. */
export class OpenRequests {
  readonly #metrics: Pick<PresenceMetrics, 'redisRequestFailed'>;
  readonly #onEnd: () => void;
  #open = 0;

  /** @param onEnd called each time a request ends */
  constructor(metrics: Pick<PresenceMetrics, 'redisRequestFailed'>, onEnd: () => void) {
    this.#metrics = metrics;
    this.#onEnd = onEnd;
  }

  get count(): number {
    return this.#open;
  }

  /** `end` must follow. */
  begin(): void {
    this.#open++;
  }

  noteFailure(error: unknown): void {
    if (error instanceof StoreUnavailable) this.#metrics.redisRequestFailed();
  }

  end(): void {
    this.#open--;
    this.#onEnd();
  }

  /** Runs a request and counts it. Updates call `begin` and `end` themselves, which saves a promise. */
  async run<T>(request: () => Promise<T>): Promise<T> {
    this.begin();
    try {
      return await request();
    } catch (error) {
      this.noteFailure(error);
      throw error;
    } finally {
      this.end();
    }
  }
}
