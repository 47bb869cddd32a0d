import type { MemberChange } from '../../api/protocol/messages.ts';
import type { Position } from '../store/store.ts';

/** Changes that clients have not been sent yet: the last one per user, and the position after all of them. */
export class CoalescedChanges {
  readonly #byUser = new Map<string, MemberChange>();
  #upTo: Position | undefined;

  get isEmpty(): boolean {
    return this.#upTo === undefined;
  }

  has(user: string): boolean {
    return this.#byUser.has(user);
  }

  add(position: Position, changes: readonly MemberChange[]): void {
    for (const change of changes) this.#byUser.set(userOf(change), change);
    this.#upTo = position;
  }

  /** Removes and returns all of them; undefined when there are none. */
  take(): { readonly position: Position; readonly changes: readonly MemberChange[] } | undefined {
    const position = this.#upTo;
    if (position === undefined) return undefined;
    const changes = [...this.#byUser.values()];
    this.clear();
    return { position, changes };
  }

  clear(): void {
    this.#byUser.clear();
    this.#upTo = undefined;
  }
}

/** The user of a change. */
export function userOf(change: MemberChange): string {
  return change.op === 'set' ? change.member.user : change.user;
}
