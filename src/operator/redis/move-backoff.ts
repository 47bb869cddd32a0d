import { formatInstant } from '../../domain/calendar/instant.ts';
import type { KeyTooBig } from './move-slots.ts';

/** A person has to make the key smaller: the first retry comes soon, later ones rarely. */
const FIRST_MS = 60_000;
const MAX_WAIT_MS = 30 * 60_000;

interface Refusal {
  readonly slot: number;
  readonly because: string;
  readonly waitMs: number;
  readonly until: Date;
}

/**
 * The move of slots of one PresenceCluster that was refused because of a big key, and when it is tried again: after one minute,
 * and after twice as long each time that the same slot is refused, 30 minutes at most. Lost at a restart, which costs one try.
 */
export class MoveBackoff {
  #refusal: Refusal | undefined;

  refused({ slot, message }: KeyTooBig, now: Date): void {
    const before = this.#refusal;
    const waitMs = before?.slot === slot ? Math.min(before.waitMs * 2, MAX_WAIT_MS) : FIRST_MS;
    this.#refusal = { slot, waitMs, because: message, until: new Date(now.getTime() + waitMs) };
  }

  /** Why no slots may be moved now, and until when; undefined when a move may be tried. */
  held(now: Date): { readonly because: string; readonly until: Date } | undefined {
    const refusal = this.#refusal;
    if (refusal === undefined || refusal.until <= now) return undefined;
    const { because, until } = refusal;
    return { because: `${because}; it is tried again at ${formatInstant(until)}`, until };
  }

  /** Slots were moved. */
  succeeded(): void {
    this.#refusal = undefined;
  }
}
