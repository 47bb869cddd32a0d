import { Alarms } from './alarms.ts';

/** Stops a timer; harmless when the timer has fired or was cancelled before. */
export type Cancel = () => void;

/** The only source of time. Everything that waits takes one, so that tests can drive it by hand. */
export interface Clock {
  /** Wall time, for what people and other machines read. It may jump. */
  now(): Date;
  /** Milliseconds that never go backwards, for durations and deadlines. The zero point means nothing. */
  monotonicMs(): number;
  /** Calls `callback` once after `delayMs`; delays of any length work. */
  setTimeout(callback: () => void, delayMs: number): Cancel;
  /**
   * Calls `callback` once when the wall clock reads `at` or later: to the millisecond while it runs evenly, within
   * a second after it was set forward or the machine slept. Also within a second after it was set back by more than a
   * minute: a caller that waits for an instant has then decided with a time that is yet to come, and must decide again.
   */
  setAlarm(at: Date, callback: () => void): Cancel;
  /** Resolves after `delayMs`; rejects with the signal's reason when it is aborted first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** Node keeps timer delays in a signed 32-bit integer and fires at once on overflow. */
export const LONGEST_NODE_TIMER_MS = 2 ** 31 - 1;

const alarms = new Alarms({ now: () => new Date(), setTimeout: chainedTimeout });

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  setTimeout: (callback, delayMs) => chainedTimeout(callback, delayMs),
  setAlarm: (at, callback) => alarms.set(at, callback),
  sleep: (delayMs, signal) => sleepOn(systemClock, delayMs, signal),
};

/** `sleep` in terms of `setTimeout`, shared by every clock. */
export function sleepOn(
  clock: Pick<Clock, 'setTimeout'>,
  delayMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Splits a delay that Node cannot hold into a chain of timers. */
function chainedTimeout(callback: () => void, delayMs: number): Cancel {
  let remaining = Math.max(0, delayMs);
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const step = Math.min(remaining, LONGEST_NODE_TIMER_MS);
    remaining -= step;
    timer = setTimeout(remaining > 0 ? arm : callback, step);
  };
  arm();
  return () => clearTimeout(timer);
}
