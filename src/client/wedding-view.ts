import type { Member } from '../api/protocol/member.ts';
import type { DiffMessage, SnapshotMessage } from '../api/protocol/messages.ts';

/** What a diff did to a view. */
export type ViewResult = 'applied' | 'known' | 'gap';

/** The members of one wedding as a client knows them, and the rule by which diffs apply. */
export class WeddingView {
  readonly #members = new Map<string, Member>();
  #epoch = '';
  #seq = 0;

  get members(): ReadonlyMap<string, Member> {
    return this.#members;
  }

  get epoch(): string {
    return this.#epoch;
  }

  get seq(): number {
    return this.#seq;
  }

  replace(snapshot: SnapshotMessage): void {
    this.#members.clear();
    for (const member of snapshot.members) this.#members.set(member.user, member);
    this.#epoch = snapshot.epoch;
    this.#seq = snapshot.seq;
  }

  /** A diff covers (prev, seq] and carries whole members, so it applies to every state in between. */
  apply(diff: DiffMessage): ViewResult {
    if (diff.epoch !== this.#epoch || diff.prev > this.#seq) return 'gap';
    if (diff.seq <= this.#seq) return 'known';
    for (const change of diff.changes) {
      if (change.op === 'set') this.#members.set(change.member.user, change.member);
      else this.#members.delete(change.user);
    }
    this.#seq = diff.seq;
    return 'applied';
  }
}
