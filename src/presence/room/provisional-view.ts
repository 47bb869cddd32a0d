import type { MemberChange } from '../../api/protocol/messages.ts';
import { userOf } from './coalesced-changes.ts';

/** The messages after which clients show the provisional changes that apply now. */
export interface ProvisionalDelta {
  readonly changes: readonly MemberChange[];
  /** Users whose provisional change no longer holds. */
  readonly withdrawn: readonly string[];
}

const NONE: ReadonlyMap<string, MemberChange> = new Map();

/** The changes that are shown over the numbered state while Redis is away, and which of them clients have. */
export class ProvisionalView {
  /** By user: the changes that hold now. */
  #current = NONE;
  /** By user: the changes that clients were sent. */
  readonly #sent = new Map<string, MemberChange>();

  /** One change per user at most. */
  get changes(): readonly MemberChange[] {
    return [...this.#current.values()];
  }

  /** People who are shown differently from their numbered state. */
  get size(): number {
    return this.#current.size;
  }

  /** Nothing holds, and clients show nothing provisional. */
  get isEmpty(): boolean {
    return this.#current.size === 0 && this.#sent.size === 0;
  }

  replace(changes: ReadonlyMap<string, MemberChange>): void {
    this.#current = changes;
  }

  /** A numbered diff replaces what clients show of these users. */
  noteNumbered(changes: readonly MemberChange[]): void {
    if (this.#sent.size > 0) for (const change of changes) this.#sent.delete(userOf(change));
  }

  /** A snapshot of the numbered state replaces everything that clients show. */
  noteSnapshot(): void {
    this.#sent.clear();
  }

  /**
   * Gives what clients lack, and remembers it as sent; undefined when they lack nothing.
   *
   * @param isCoalesced whether a numbered change of a user is about to be sent: it withdraws the provisional one by itself
   */
  takeUnsent(isCoalesced: (user: string) => boolean): ProvisionalDelta | undefined {
    const changes = [...this.#current].flatMap(([user, change]) =>
      isSame(change, this.#sent.get(user)) ? [] : [change],
    );
    const withdrawn = [...this.#sent.keys()].filter((user) => !this.#current.has(user) && !isCoalesced(user));
    if (changes.length === 0 && withdrawn.length === 0) return undefined;
    for (const user of withdrawn) this.#sent.delete(user);
    for (const change of changes) this.#sent.set(userOf(change), change);
    return { changes, withdrawn };
  }
}

function isSame(one: MemberChange, other: MemberChange | undefined): boolean {
  return other !== undefined && JSON.stringify(one) === JSON.stringify(other);
}
