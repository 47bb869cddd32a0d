import type { Member } from '../api/protocol/member.ts';
import type {
  DiffMessage,
  MemberChange,
  ProvisionalMessage,
  SnapshotMessage,
} from '../api/protocol/messages.ts';

/** What a diff did to a view. */
export type ViewResult = 'applied' | 'known' | 'gap';

/** The members of one wedding as a client knows them, and the rule by which diffs apply. */
export class WeddingView {
  readonly #numbered = new Map<string, Member>();
  /** Changes that are shown in place of the numbered member. */
  readonly #provisional = new Map<string, MemberChange>();
  /** The numbered members with what is provisional in its place, until the next change. */
  #members: ReadonlyMap<string, Member> | undefined;
  #epoch = '';
  #seq = 0;
  #team: SnapshotMessage['team'];

  /** Does not change any more: after a change it is another one. */
  get members(): ReadonlyMap<string, Member> {
    if (this.#members === undefined) {
      const members = new Map(this.#numbered);
      for (const change of this.#provisional.values()) put(members, change);
      this.#members = members;
    }
    return this.#members;
  }

  /** Users of whom something provisional is shown. */
  get provisional(): ReadonlySet<string> {
    return new Set(this.#provisional.keys());
  }

  get epoch(): string {
    return this.#epoch;
  }

  get seq(): number {
    return this.#seq;
  }

  /** People who are expected by role, as the last snapshot said; undefined where the server does not know the wedding. */
  get team(): SnapshotMessage['team'] {
    return this.#team;
  }

  replace(snapshot: SnapshotMessage): void {
    this.withdrawAll();
    this.#numbered.clear();
    for (const member of snapshot.members) this.#numbered.set(member.user, member);
    this.#epoch = snapshot.epoch;
    this.#seq = snapshot.seq;
    this.#team = snapshot.team;
  }

  /** A diff covers (prev, seq] and carries whole members, so it applies to every state in between. */
  apply(diff: DiffMessage): ViewResult {
    if (diff.epoch !== this.#epoch || diff.prev > this.#seq) return 'gap';
    if (diff.seq <= this.#seq) return 'known';
    this.#members = undefined;
    for (const change of diff.changes) {
      put(this.#numbered, change);
      this.#provisional.delete(userOf(change));
    }
    this.#seq = diff.seq;
    return 'applied';
  }

  /** Shows what has no number over what has one. It is gone with the next snapshot, diff of the user or withdrawal. */
  showProvisional({ changes, withdrawn }: Pick<ProvisionalMessage, 'changes' | 'withdrawn'>): void {
    this.#members = undefined;
    for (const user of withdrawn) this.#provisional.delete(user);
    for (const change of changes) this.#provisional.set(userOf(change), change);
  }

  withdrawAll(): void {
    this.#members = undefined;
    this.#provisional.clear();
  }
}

function userOf(change: MemberChange): string {
  return change.op === 'set' ? change.member.user : change.user;
}

function put(members: Map<string, Member>, change: MemberChange): void {
  if (change.op === 'set') members.set(change.member.user, change.member);
  else members.delete(change.user);
}
