import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 50;
const NS_PER_MS = 1_000_000;
/** Of a process that was stopped, or waits for a disk (proc_pid_stat(5)). */
const STANDS_STILL = /^[TtD]$/;

interface Look {
  /** How long it has waited for a processor, since its beginning (schedstat, Documentation/scheduler/sched-stats.rst of Linux). */
  readonly waitedMs: number;
  readonly standsStill: boolean;
}

/** What the kernel says of the main thread of a process; undefined when there is none, or the kernel does not say. */
function lookAt(pid: number): Look | undefined {
  try {
    const [, waitedNs] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ');
    const state = /\) (\w) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '';
    return { waitedMs: Number(waitedNs) / NS_PER_MS, standsStill: STANDS_STILL.test(state) };
  } catch {
    return undefined;
  }
}

/**
 * How long the machine has let servers stand still: without a processor, waiting for a disk, or stopped. A server that computes, or
 * waits for another one, does not stand still: what it takes meanwhile is its own doing, and is counted.
 */
export class ServerStalls {
  readonly #pids: () => readonly number[];
  readonly #timer: NodeJS.Timeout;
  readonly #looks = new Map<number, Look>();
  #lookedMs = performance.now();
  #sumMs = 0;

  /** @param pids of the servers that there are */
  constructor(pids: () => readonly number[]) {
    this.#pids = pids;
    this.#look();
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** Milliseconds, since the beginning, in which one of them or several stood still. */
  get ms(): number {
    if (performance.now() - this.#lookedMs >= LOOK_EVERY_MS) this.#look();
    return this.#sumMs;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const nowMs = performance.now();
    const passedMs = nowMs - this.#lookedMs;
    this.#lookedMs = nowMs;
    const stalledMs = this.#pids().map((pid) => this.#stalledOf(pid, passedMs));
    this.#sumMs += Math.min(passedMs, Math.max(0, ...stalledMs));
  }

  #stalledOf(pid: number, passedMs: number): number {
    const before = this.#looks.get(pid);
    const now = lookAt(pid);
    if (now === undefined) this.#looks.delete(pid);
    else this.#looks.set(pid, now);
    if (before === undefined || now === undefined) return 0;
    return before.standsStill && now.standsStill ? passedMs : now.waitedMs - before.waitedMs;
  }
}
