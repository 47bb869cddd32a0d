import type { Clock } from '../platform/runtime/clock.ts';

interface Entry<V> {
  value: V;
  bytes: number;
  untilMs: number;
}

export interface CacheOptions {
  clock: Clock;
  /** How long an answer is true. */
  keepMs: number;
  mostEntries: number;
  /** Of all entries together, the sum of what {@link ExpiringCache.set} gets. */
  mostBytes: number;
}

/** Answers that are true for a short time, at most a number of entries and of bytes: the oldest goes first. */
export class ExpiringCache<V> {
  readonly #options: CacheOptions;
  readonly #entries = new Map<string, Entry<V>>();
  #bytes = 0;

  constructor(options: CacheOptions) {
    this.#options = options;
  }

  /** Bytes of all entries. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The answer, while it is true. */
  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && this.#options.clock.monotonicMs() < entry.untilMs ? entry.value : undefined;
  }

  /** Whether there was an answer that may be too old by now. */
  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** @param bytes about what the entry takes. One that is larger than the whole cache is not kept. */
  set(key: string, value: V, bytes: number): void {
    const { clock, keepMs, mostEntries, mostBytes } = this.#options;
    this.delete(key);
    if (bytes > mostBytes) return;
    this.#entries.set(key, { value, bytes, untilMs: clock.monotonicMs() + keepMs });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= mostEntries && this.#bytes <= mostBytes) return;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}
