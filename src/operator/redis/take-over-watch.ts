import type { FailoverStep } from '../../domain/topology/step.ts';

/** Looks further apart than this say nothing of the time between them. */
const LONGEST_GAP_MS = 5_000;

interface Wish {
  readonly sinceMs: number;
  readonly lastMs: number;
}

/**
 * How long every look has asked for a take-over: a single one may have met a moment in which both Kubernetes and Redis
 * were wrong. Keys are namespace/name; times are monotonic milliseconds.
 */
export class TakeOverWatch {
  readonly #wishes = new Map<string, Map<string, Wish>>();

  /** Notes what this look asks for, and gives the first step that all looks have asked for since `longMs` ago. */
  ripe(key: string, steps: readonly FailoverStep[], nowMs: number, longMs: number): FailoverStep | undefined {
    const before = this.#wishes.get(key);
    const now = new Map<string, Wish>();
    for (const { pod } of steps) {
      const wish = before?.get(pod);
      const goesOn = wish !== undefined && nowMs - wish.lastMs <= LONGEST_GAP_MS;
      now.set(pod, { sinceMs: goesOn ? wish.sinceMs : nowMs, lastMs: nowMs });
    }
    if (now.size === 0) this.#wishes.delete(key);
    else this.#wishes.set(key, now);
    return steps.find(({ pod }) => nowMs - (now.get(pod)?.sinceMs ?? nowMs) >= longMs);
  }

  forget(key: string): void {
    this.#wishes.delete(key);
  }
}
