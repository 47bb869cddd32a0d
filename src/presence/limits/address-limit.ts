/** Bounds the connections of each address on this server. Without a maximum it counts nothing. */
export class AddressLimit {
  readonly #max: number;
  readonly #counts = new Map<string, number>();

  constructor(max: number | undefined) {
    this.#max = max ?? Number.POSITIVE_INFINITY;
  }

  /** Addresses with a connection. */
  get size(): number {
    return this.#counts.size;
  }

  /** Whether one more connection of the address may be opened. */
  admits(address: string): boolean {
    return (this.#counts.get(address) ?? 0) < this.#max;
  }

  /** Counts a connection until the function that it gives is called. */
  open(address: string): () => void {
    if (this.#max === Number.POSITIVE_INFINITY) return nothing;
    this.#counts.set(address, (this.#counts.get(address) ?? 0) + 1);
    return () => {
      const left = (this.#counts.get(address) ?? 1) - 1;
      if (left === 0) this.#counts.delete(address);
      else this.#counts.set(address, left);
    };
  }
}

/** One for all connections. */
function nothing(): void {}
