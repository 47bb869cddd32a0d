import { formatInstant } from '../../domain/calendar/instant.ts';
import type { KeyTooBig } from './move-slots.ts';

/** Somebody has to make the key smaller: the first try soon, because the operator may be watched, later ones seldom. */
const FIRST_MS = 60_000;
const LONGEST_MS = 30 * 60_000;

interface Refusal {
  readonly slot: number;
  readonly because: string;
  readonly waitMs: number;
  readonly until: Date;
}

/**
 * Moves of slots that were refused because of a big key, and when each is tried again: after a minute, and twice as long
 * each time that the same slot is refused, 30 minutes at most. Keys are namespace/name. Lost at a restart, which costs a try.
 */
export class MoveBackoff {
  readonly #refused = new Map<string, Refusal>();

  refused(key: string, { slot, message }: KeyTooBig, now: Date): void {
    const before = this.#refused.get(key);
    const waitMs = before?.slot === slot ? Math.min(before.waitMs * 2, LONGEST_MS) : FIRST_MS;
    this.#refused.set(key, { slot, waitMs, because: message, until: new Date(now.getTime() + waitMs) });
  }

  /** Why nothing is to be moved now, and until when; undefined when a move may be tried. */
  held(key: string, now: Date): { readonly because: string; readonly until: Date } | undefined {
    const refusal = this.#refused.get(key);
    if (refusal === undefined || refusal.until <= now) return undefined;
    const { because, until } = refusal;
    return { because: `${because}; it is tried again at ${formatInstant(until)}`, until };
  }

  /** Slots were moved, or the PresenceCluster is gone. */
  forget(key: string): void {
    this.#refused.delete(key);
  }
}
