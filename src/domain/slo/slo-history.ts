import type { Tally } from './tally.ts';
import { type Bucket, TallyRing } from './tally-ring.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Windows of burn rates, the shortest first. */
export const BURN_WINDOWS = ['5m', '30m', '1h', '6h', '3d'] as const;
export type BurnWindow = (typeof BURN_WINDOWS)[number];

export const WINDOW_MS: Readonly<Record<BurnWindow, number>> = {
  '5m': 5 * MINUTE_MS,
  '30m': 30 * MINUTE_MS,
  '1h': HOUR_MS,
  '6h': 6 * HOUR_MS,
  '3d': 3 * DAY_MS,
};

/** One ring for windows of about the same length: a window is too long by one step at most, and never too short. */
const MINUTES = { stepMs: MINUTE_MS, spanMs: HOUR_MS };
const TEN_MINUTES = { stepMs: 10 * MINUTE_MS, spanMs: 6 * HOUR_MS };
const HOURS = { stepMs: HOUR_MS, spanMs: 3 * DAY_MS };
const WINDOW_STEP_MS = 6 * HOUR_MS;

/** Everything as it is written down. */
export interface WrittenHistory {
  /** Milliseconds since the epoch; 0 before anything was counted. */
  readonly since: number;
  readonly minutes: readonly Bucket[];
  readonly tenMinutes: readonly Bucket[];
  readonly hours: readonly Bucket[];
  readonly sixHours: readonly Bucket[];
}

/** What was counted for the objectives of one PresenceCluster: for 28 days, 5,680 bytes of buckets. */
export class SloHistory {
  readonly #minutes = ringOf(MINUTES);
  readonly #tenMinutes = ringOf(TEN_MINUTES);
  readonly #hours = ringOf(HOURS);
  readonly #sixHours: TallyRing;
  readonly #windowMs: number;
  #since = 0;

  constructor(windowDays: number) {
    this.#windowMs = windowDays * DAY_MS;
    this.#sixHours = ringOf({ stepMs: WINDOW_STEP_MS, spanMs: this.#windowMs });
  }

  /** What was written down, in windows of now; buckets that have no place any more are dropped. */
  static of(written: WrittenHistory, windowDays: number): SloHistory {
    const history = new SloHistory(windowDays);
    history.#since = written.since;
    history.#minutes.restore(written.minutes);
    history.#tenMinutes.restore(written.tenMinutes);
    history.#hours.restore(written.hours);
    history.#sixHours.restore(written.sixHours);
    return history;
  }

  get bytes(): number {
    return this.#rings().reduce((sum, { bytes }) => sum + bytes, 0);
  }

  add(at: number, tally: Tally): void {
    // Also after a clock that was wrong by days was set back.
    if (this.#since === 0 || at < this.#since) this.#since = at;
    for (const ring of this.#rings()) ring.add(at, tally);
  }

  /** Since when the window is filled; undefined before anything was counted. */
  since(now: number): number | undefined {
    const oldest = Math.floor((now - this.#windowMs) / WINDOW_STEP_MS) * WINDOW_STEP_MS;
    return this.#since === 0 ? undefined : Math.max(this.#since, oldest);
  }

  /** The sum over the whole window of the objectives. */
  total(now: number): Tally {
    return this.#sixHours.sum(now, this.#windowMs);
  }

  sum(now: number, window: BurnWindow): Tally {
    const ms = WINDOW_MS[window];
    if (ms <= MINUTES.spanMs) return this.#minutes.sum(now, ms);
    return (ms <= TEN_MINUTES.spanMs ? this.#tenMinutes : this.#hours).sum(now, ms);
  }

  written(): WrittenHistory {
    return {
      since: this.#since,
      minutes: this.#minutes.buckets(),
      tenMinutes: this.#tenMinutes.buckets(),
      hours: this.#hours.buckets(),
      sixHours: this.#sixHours.buckets(),
    };
  }

  #rings(): readonly TallyRing[] {
    return [this.#minutes, this.#tenMinutes, this.#hours, this.#sixHours];
  }
}

/** The span, and the bucket that is open. */
function ringOf({ stepMs, spanMs }: { stepMs: number; spanMs: number }): TallyRing {
  return new TallyRing(stepMs, spanMs / stepMs + 1);
}
