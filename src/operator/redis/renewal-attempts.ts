import type { Renewal } from '../../domain/topology/node-majority.ts';

/** A renewed pod is scheduled, started and in sync well within this time. */
const MIN_INTERVAL_MS = 2 * 60_000;

/** The attempts as known at one instant. */
export interface KnownAttempts {
  /** Whether the shard's replica was already renewed for the same nodes. */
  isTried(renewal: Renewal): boolean;
  /** Before this instant no other replica is renewed; absent when no replica was renewed recently. */
  readonly notBefore?: Date;
}

interface Attempts {
  readonly tried: ReadonlySet<string>;
  readonly last: Date;
}

/**
 * Replicas of one PresenceCluster that were renewed so that the scheduler places them on another node. The scheduler may still choose
 * the same node, for reasons that the operator cannot see, so each shard gets one attempt per set of nodes. Lost at a restart,
 * which costs one more attempt.
 */
export class RenewalAttempts {
  #attempts: Attempts | undefined;

  note(renewal: Renewal, now: Date): void {
    const before = this.#attempts?.tried ?? [];
    this.#attempts = { tried: new Set([...before, nameOf(renewal)]), last: now };
  }

  known(now: Date): KnownAttempts {
    const attempts = this.#attempts;
    const notBefore = new Date((attempts?.last.getTime() ?? 0) + MIN_INTERVAL_MS);
    return {
      isTried: (renewal) => attempts?.tried.has(nameOf(renewal)) === true,
      ...(notBefore > now ? { notBefore } : {}),
    };
  }

  /** The primaries are spread: every shard may be tried again, after the usual interval. */
  settled(): void {
    if (this.#attempts !== undefined) this.#attempts = { ...this.#attempts, tried: new Set() };
  }
}

function nameOf({ shard, to }: Renewal): string {
  return `${shard} ${to.join(' ')}`;
}
