/** What an alarm is made of; every `Clock` is one. */
interface Timers {
  now(): Date;
  setTimeout(callback: () => void, delayMs: number): () => void;
}

/**
 * How soon a jump of the wall clock, or the end of a suspend, is noticed. Node gets an event for neither, and its
 * timers run on a clock that stands still while the machine sleeps.
 */
const LOOK_EVERY_MS = 1_000;
/** Set back by more than this, all alarms fire: decisions made with the later time must be made again. */
const SET_BACK_MS = 60_000;

interface Alarm {
  atMs: number;
  callback: () => void;
}

/** Callbacks at instants of the wall clock, wherever it jumps meanwhile. One timer for all of them. */
export class Alarms {
  readonly #clock: Timers;
  readonly #alarms = new Set<Alarm>();
  /** What the wall clock read when the timer was set. */
  #readMs = 0;
  #wasSetBack = false;
  #timer: { firesAtMs: number; cancel: () => void } | undefined;

  constructor(clock: Timers) {
    this.#clock = clock;
  }

  /** @throws {RangeError} when `at` is no valid date */
  set(at: Date, callback: () => void): () => void {
    if (Number.isNaN(at.getTime())) throw new RangeError('an alarm needs a valid date');
    const alarm = { atMs: at.getTime(), callback };
    if (this.#alarms.size === 0) this.#readMs = this.#clock.now().getTime();
    this.#alarms.add(alarm);
    this.#arm(alarm.atMs);
    return () => {
      this.#alarms.delete(alarm);
      if (this.#alarms.size === 0) this.#disarm();
    };
  }

  /** Looks at `atMs` at the latest. The one timer there may be is due for all the other alarms already. */
  #arm(atMs: number): void {
    const nowMs = this.#clock.now().getTime();
    this.#noticeSetBack(nowMs);
    const delayMs = this.#wasSetBack ? 0 : Math.min(Math.max(0, atMs - nowMs), LOOK_EVERY_MS);
    if (this.#timer !== undefined && this.#timer.firesAtMs <= nowMs + delayMs) return;
    this.#disarm();
    this.#readMs = nowMs;
    const cancel = this.#clock.setTimeout(() => this.#look(), delayMs);
    this.#timer = { firesAtMs: nowMs + delayMs, cancel };
  }

  #look(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.now().getTime();
    this.#noticeSetBack(nowMs);
    const wasSetBack = this.#wasSetBack;
    this.#wasSetBack = false;
    this.#readMs = nowMs;
    const due: Alarm[] = [];
    let nextMs = Number.POSITIVE_INFINITY;
    for (const alarm of this.#alarms) {
      if (alarm.atMs <= nowMs || wasSetBack) due.push(alarm);
      else nextMs = Math.min(nextMs, alarm.atMs);
    }
    for (const alarm of due) {
      // An earlier callback may have cancelled it.
      if (this.#alarms.delete(alarm)) alarm.callback();
    }
    if (this.#alarms.size > 0) this.#arm(nextMs);
  }

  /** Only while there are alarms: without one, no decision depends on the time that was read. */
  #noticeSetBack(nowMs: number): void {
    if (this.#alarms.size > 0 && nowMs < this.#readMs - SET_BACK_MS) this.#wasSetBack = true;
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
