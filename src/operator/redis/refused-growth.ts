import type { Claim } from '../../domain/volumes/claim.ts';
import type { RefusedSize } from '../../domain/volumes/plan-volumes.ts';

/** People change a storage class; to ask more often is noise in the audit log. */
const ASK_AGAIN_MS = 5 * 60_000;

/** Claims that the API server did not let grow, because their storage class cannot, and when to ask again. */
export class RefusedGrowth {
  readonly #byUid = new Map<string, { size: string; because: string; untilMs: number }>();

  note({ uid }: Claim, size: string, because: string, nowMs: number): void {
    this.#byUid.set(uid, { size, because, untilMs: nowMs + ASK_AGAIN_MS });
  }

  /** A refusal is known until the claim was asked for again and for some time longer, so that status does not change in between. */
  known(nowMs: number): ReadonlyMap<string, RefusedSize> {
    for (const [uid, { untilMs }] of this.#byUid) {
      if (untilMs + ASK_AGAIN_MS <= nowMs) this.#byUid.delete(uid);
    }
    return new Map(
      [...this.#byUid].map(([uid, { size, because, untilMs }]) => [
        uid,
        { size, because, isDue: untilMs <= nowMs },
      ]),
    );
  }
}
