import type { Tally } from './tally.ts';

/** The columns of a bucket: its number, and the counts of a {@link Tally}. */
const COLUMNS = 5;
/** Counts stay there: a thousand pods with 90 shards reach a tenth of it in an hour. */
const MOST = 2 ** 32 - 1;

/** A bucket as it is written down: its number since the epoch, then updates failed and all, joins failed and all. */
export type Bucket = readonly [number, number, number, number, number];

/**
 * Tallies by time in a fixed number of buckets: 20 bytes each. A bucket knows its own number, so that a clock that is set
 * back or forward mixes up nothing. An old bucket is overwritten when its place is needed.
 */
export class TallyRing {
  readonly #stepMs: number;
  readonly #length: number;
  readonly #cells: Uint32Array;

  /** @param stepMs length of a bucket, a minute or more: its number has 32 bits */
  constructor(stepMs: number, length: number) {
    this.#stepMs = stepMs;
    this.#length = length;
    this.#cells = new Uint32Array(length * COLUMNS);
  }

  get bytes(): number {
    return this.#cells.byteLength;
  }

  add(at: number, { updates, joins }: Tally): void {
    this.#put(this.#numberAt(at), [updates.failed, updates.total, joins.failed, joins.total]);
  }

  /** The sum of the open bucket and of the whole ones of the `ms` before it; a multiple of the step. */
  sum(now: number, ms: number): Tally {
    const last = this.#numberAt(now);
    const sums = [0, 0, 0, 0] as [number, number, number, number];
    for (let number = last - Math.round(ms / this.#stepMs); number <= last; number += 1) {
      const place = this.#placeOf(number);
      if (this.#cells[place] !== number) continue;
      for (const column of sums.keys()) sums[column] = (sums[column] ?? 0) + this.#cell(place + 1 + column);
    }
    const [failedUpdates, updates, failedJoins, joins] = sums;
    return {
      updates: { failed: failedUpdates, total: updates },
      joins: { failed: failedJoins, total: joins },
    };
  }

  /** The buckets that hold something, oldest first. */
  buckets(): Bucket[] {
    const found: Bucket[] = [];
    for (let place = 0; place < this.#cells.length; place += COLUMNS) {
      const [number, ...counts] = this.#cells.subarray(place, place + COLUMNS);
      if (counts.some((count) => count > 0)) found.push([number, ...counts] as unknown as Bucket);
    }
    return found.sort(([a], [b]) => a - b);
  }

  /** Takes buckets that were written down: the newest of those that share a place. */
  restore(buckets: readonly Bucket[]): void {
    for (const [number, ...counts] of [...buckets].sort(([a], [b]) => a - b)) this.#put(number, counts);
  }

  #put(number: number, counts: readonly number[]): void {
    const place = this.#placeOf(number);
    if (this.#cells[place] !== number) {
      this.#cells.fill(0, place, place + COLUMNS);
      this.#cells[place] = number;
    }
    for (const [column, count] of counts.entries()) {
      const at = place + 1 + column;
      this.#cells[at] = Math.min(MOST, this.#cell(at) + count);
    }
  }

  #cell(at: number): number {
    return this.#cells[at] ?? 0;
  }

  #numberAt(at: number): number {
    return Math.floor(at / this.#stepMs);
  }

  #placeOf(number: number): number {
    return (((number % this.#length) + this.#length) % this.#length) * COLUMNS;
  }
}
