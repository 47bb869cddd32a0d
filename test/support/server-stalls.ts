import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 50;
/** A look that comes later than this says nothing of the time before: this process itself stood still. */
const LATE_LOOK_MS = 4 * LOOK_EVERY_MS;

/** What `/proc/PID/stat` says of a process at one moment. */
export interface ProcessLook {
  /** One letter, see proc(5): `S` waits for an event, `R` runs or would run, `D` waits for its disk, `T` is stopped. */
  readonly state: string;
  /** Processor time so far. */
  readonly ticks: number;
}

/**
 * When servers stood still although nothing kept them but the machine: stopped, waiting for the disk, or ready to run without a
 * processor. One that computes, or waits for others, does not stand still.
 */
export class ServerStalls {
  readonly #pids: () => readonly number[];
  readonly #look: (pid: number) => ProcessLook | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #before = new Map<number, ProcessLook>();
  /** By process: from and until, one after the other. */
  readonly #stalls = new Map<number, { fromMs: number; untilMs: number }[]>();
  #lookedMs = performance.now();

  /** @param pids of the servers that there are now */
  constructor(pids: () => readonly number[], look = lookAt) {
    this.#pids = pids;
    this.#look = look;
    this.#timer = setInterval(() => this.lookAgain(performance.now()), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  lookAgain(nowMs: number): void {
    const fromMs = this.#lookedMs;
    this.#lookedMs = nowMs;
    const isLate = nowMs - fromMs > LATE_LOOK_MS;
    for (const pid of this.#pids()) {
      const now = this.#look(pid);
      const before = this.#before.get(pid);
      if (now === undefined) this.#before.delete(pid);
      else this.#before.set(pid, now);
      if (now === undefined || before === undefined || isLate || !standsStill(before, now)) continue;
      const stalls = this.#stalls.get(pid) ?? [];
      const last = stalls.at(-1);
      if (last?.untilMs === fromMs) last.untilMs = nowMs;
      else stalls.push({ fromMs, untilMs: nowMs });
      this.#stalls.set(pid, stalls);
    }
  }

  /** For how many milliseconds of this time the server that stood still most did so. */
  within(fromMs: number, untilMs: number): number {
    const sums = [...this.#stalls.values()].map((stalls) =>
      stalls.reduce(
        (sum, stall) => sum + Math.max(0, Math.min(untilMs, stall.untilMs) - Math.max(fromMs, stall.fromMs)),
        0,
      ),
    );
    return Math.max(0, ...sums);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

function standsStill(before: ProcessLook, now: ProcessLook): boolean {
  return now.state !== 'S' && now.ticks === before.ticks;
}

/** Undefined once it is gone. */
function lookAt(pid: number): ProcessLook | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return { state: fields[0] ?? '', ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return undefined;
  }
}
