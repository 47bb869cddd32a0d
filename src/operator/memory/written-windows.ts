import type { FreezeAnnotations } from '../../domain/freeze/clock/freeze-annotations.ts';
import { contentHash } from '../objects/content-hash.ts';

/** As often as the RolloutFreeze gets its heartbeat: while an annotation is not right, the phase rules, so nothing is open. */
const LOOK_AGAIN_MS = 5 * 60_000;
/** A person repairs the cause. The client may hold the write for longer, ten minutes at most. */
const TRY_AGAIN_MS = 60_000;

/** What this process has last written into the annotations of the Namespace. */
export class WrittenWindows {
  #hash: string | undefined;
  #untilMs = 0;
  #problem: string | undefined;

  /** Whether just this was written, or tried, a short time ago. */
  isCurrent(wanted: FreezeAnnotations | undefined, nowMs: number): boolean {
    return this.#hash === hashOf(wanted) && nowMs < this.#untilMs;
  }

  /** @param problem why it could not be written */
  note(wanted: FreezeAnnotations | undefined, nowMs: number, problem?: string): void {
    this.#hash = hashOf(wanted);
    this.#untilMs = nowMs + (problem === undefined ? LOOK_AGAIN_MS : TRY_AGAIN_MS);
    this.#problem = problem;
  }

  /** Why the last try failed; undefined when it did not. */
  get problem(): string | undefined {
    return this.#problem;
  }
}

function hashOf(wanted: FreezeAnnotations | undefined): string {
  return contentHash([wanted ?? null]);
}
