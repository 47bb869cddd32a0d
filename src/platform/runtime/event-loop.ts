import type { Cancel, Clock } from './clock.ts';

/** Watches whether timers run on time: whatever holds them up holds up lease renewals and watches too. */
export interface EventLoopMonitor {
  start(): void;
  stop(): void;
  /** How late the last timer was, or how overdue the next one is, whichever is worse, in seconds. */
  lagSeconds(): number;
  /**
   * For liveness. The probe itself cannot be answered during a stall; this makes the answer fail for a while
   * after one, so that a loop that stalls again and again is restarted and one single stall is forgiven (the kubelet
   * asks three times, ten seconds apart).
   *
   * @throws {Error} during a stall and for {@link MEMORY_MS} after it
   */
  check(): void;
}

const TICK_MS = 500;
/** A third of the lease: a loop that stalls for longer is about to lose leadership. */
const STALL_MS = 5_000;
/** How long a stall is held against the process. */
const MEMORY_MS = 15_000;

export function createEventLoopMonitor(clock: Clock): EventLoopMonitor {
  let expectedMs = 0;
  let lastLagMs = 0;
  let stall: { lagMs: number; endedMs: number } | undefined;
  let cancel: Cancel | undefined;

  function arm(): void {
    expectedMs = clock.monotonicMs() + TICK_MS;
    cancel = clock.setTimeout(tick, TICK_MS);
  }

  function tick(): void {
    const nowMs = clock.monotonicMs();
    lastLagMs = Math.max(0, nowMs - expectedMs);
    if (lastLagMs > STALL_MS) stall = { lagMs: lastLagMs, endedMs: nowMs };
    arm();
  }

  const lagMs = (): number =>
    cancel === undefined ? 0 : Math.max(lastLagMs, clock.monotonicMs() - expectedMs);

  return {
    start() {
      if (cancel === undefined) arm();
    },
    stop() {
      cancel?.();
      cancel = undefined;
    },
    lagSeconds: () => lagMs() / 1000,
    check() {
      if (lagMs() > STALL_MS) throw new Error(`the event loop is stalled for ${Math.round(lagMs())} ms`);
      if (stall === undefined || clock.monotonicMs() - stall.endedMs > MEMORY_MS) return;
      throw new Error(`the event loop was stalled for ${Math.round(stall.lagMs)} ms`);
    },
  };
}
