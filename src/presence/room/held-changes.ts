import type { MemberChange } from '../../api/protocol/messages.ts';
import type { Position } from '../store/store.ts';

/** Changes that clients are not told yet: of each user the last one, and where the wedding is after all of them. */
export class HeldChanges {
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

  /** All of them, and none are left; undefined when there were none. */
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

/** Who a change is about. */
export function userOf(change: MemberChange): string {
  return change.op === 'set' ? change.member.user : change.user;
}
