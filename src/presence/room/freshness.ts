import type { Audience } from './audience.ts';
import type { Heartbeat } from './heartbeat.ts';

/** Three beats without an answer: from then on people are told that what they see may be old. */
export const STALE_AFTER_MS = 3_000;

/** Tells people when what they see grows old, and when it is fresh again. */
export class Freshness {
  readonly #wedding: string;
  readonly #heartbeat: Pick<Heartbeat, 'ageMs'>;
  readonly #audience: Pick<Audience, 'announce'>;
  #toldStale = false;

  constructor(wedding: string, heartbeat: Pick<Heartbeat, 'ageMs'>, audience: Pick<Audience, 'announce'>) {
    this.#wedding = wedding;
    this.#heartbeat = heartbeat;
    this.#audience = audience;
  }

  /** Milliseconds since Redis confirmed the state. */
  get ageMs(): number {
    return this.#heartbeat.ageMs;
  }

  /** How long Redis has not confirmed the state; undefined while that is fresh. */
  get staleMs(): number | undefined {
    const { ageMs } = this;
    return ageMs > STALE_AFTER_MS ? ageMs : undefined;
  }

  /** Redis did not confirm, or has not yet: one that swallows requests would be noticed at their deadline only. */
  unconfirmed(): void {
    const { staleMs } = this;
    if (staleMs === undefined || this.#toldStale) return;
    this.#toldStale = true;
    this.#announce(Math.round(staleMs));
  }

  /** Redis did. */
  confirmed(): void {
    if (!this.#toldStale) return;
    this.#toldStale = false;
    this.#announce(0);
  }

  #announce(staleMs: number): void {
    this.#audience.announce({ type: 'freshness', wedding: this.#wedding, staleMs });
  }
}
