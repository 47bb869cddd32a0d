/** How often a bound held, and of how many forecasts that could be checked. */
export interface Coverage {
  /** Share of the checked forecasts, 0 to 1; undefined before the first. */
  held: number | undefined;
  samples: number;
}

/** Counts the last forecasts whose bound held. */
export class CoverageMeter {
  readonly #held: Uint8Array;
  #added = 0;
  #sum = 0;

  /** @param memory how many forecasts are remembered */
  constructor(memory: number) {
    this.#held = new Uint8Array(memory);
  }

  add(held: boolean): void {
    const place = this.#added % this.#held.length;
    if (this.#added >= this.#held.length) this.#sum -= this.#held[place] as number;
    this.#held[place] = held ? 1 : 0;
    this.#sum += held ? 1 : 0;
    this.#added += 1;
  }

  reading(): Coverage {
    const samples = Math.min(this.#added, this.#held.length);
    return { held: samples === 0 ? undefined : this.#sum / samples, samples };
  }
}
