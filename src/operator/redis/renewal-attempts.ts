import type { Renewal } from '../../domain/topology/node-majority.ts';

/** A pod that is renewed is placed, started and in sync well within it; candidates that come and go renew none faster. */
const APART_MS = 2 * 60_000;

/** What one PresenceCluster knows of its attempts. */
export interface KnownAttempts {
  /** Whether the shard's replica was renewed for these very nodes already. */
  isTried(renewal: Renewal): boolean;
  /** Before this instant no other replica is renewed; absent when none was lately. */
  readonly notBefore?: Date;
}

interface Attempts {
  readonly tried: ReadonlySet<string>;
  readonly last: Date;
}

/**
 * Replicas that were renewed so that the scheduler places them on another node. It need not do so, for a reason that
 * the operator does not see: each shard gets one attempt for one set of nodes. Keys are namespace/name. Lost at a restart, which
 * costs one attempt more.
 */
export class RenewalAttempts {
  readonly #attempts = new Map<string, Attempts>();

  note(key: string, renewal: Renewal, now: Date): void {
    const before = this.#attempts.get(key)?.tried ?? [];
    this.#attempts.set(key, { tried: new Set([...before, nameOf(renewal)]), last: now });
  }

  known(key: string, now: Date): KnownAttempts {
    const attempts = this.#attempts.get(key);
    const notBefore = new Date((attempts?.last.getTime() ?? 0) + APART_MS);
    return {
      isTried: (renewal) => attempts?.tried.has(nameOf(renewal)) === true,
      ...(notBefore > now ? { notBefore } : {}),
    };
  }

  /** The primaries are spread: the next time is another matter, though not at once. */
  settled(key: string): void {
    const attempts = this.#attempts.get(key);
    if (attempts !== undefined) this.#attempts.set(key, { ...attempts, tried: new Set() });
  }

  forget(key: string): void {
    this.#attempts.delete(key);
  }
}

function nameOf({ shard, to }: Renewal): string {
  return `${shard} ${to.join(' ')}`;
}
