import { weddingKeys } from '../../domain/presence-state/keys.ts';

/** More weddings than a server serves at a time; with more it begins anew. */
const MOST_REMEMBERED = 1_024;

/** The keys of weddings, made once: joined texts that are new each time are flattened, measured and hashed each time. */
export class WeddingKeys {
  readonly #known = new Map<string, readonly string[]>();

  of(wedding: string): readonly string[] {
    const known = this.#known.get(wedding);
    if (known !== undefined) return known;
    const keys = weddingKeys(wedding);
    if (this.#known.size >= MOST_REMEMBERED) this.#known.clear();
    this.#known.set(wedding, keys);
    return keys;
  }
}
