import { leanChange, leanMember } from '../../api/protocol/lean-member.ts';
import type { Member } from '../../api/protocol/member.ts';
import type { DiffMessage, ProvisionalMessage, SnapshotMessage } from '../../api/protocol/messages.ts';
import type { Position } from '../store/store.ts';
import { SharedFrame } from './shared-frame.ts';

/** One message for all clients of a room, encoded at most once in each form (full and lean), and only when a client needs it. */
export class MessageFrames {
  readonly #encode: (lean: boolean) => string;
  #full: SharedFrame | undefined;
  #lean: SharedFrame | undefined;

  constructor(encode: (lean: boolean) => string) {
    this.#encode = encode;
  }

  frame(lean: boolean): SharedFrame {
    if (lean) {
      this.#lean ??= new SharedFrame(this.#encode(true));
      return this.#lean;
    }
    this.#full ??= new SharedFrame(this.#encode(false));
    return this.#full;
  }
}

export function encodeDiff(diff: DiffMessage, lean: boolean): string {
  return JSON.stringify(lean ? { ...diff, changes: diff.changes.map(leanChange) } : diff);
}

export function encodeProvisional(message: ProvisionalMessage, lean: boolean): string {
  return JSON.stringify(lean ? { ...message, changes: message.changes.map(leanChange) } : message);
}

/** The content of a snapshot, read when one is requested. */
export interface SnapshotParts {
  readonly position: Position;
  readonly team: SnapshotMessage['team'];
  readonly staleMs: number | undefined;
  readonly members: () => readonly Member[];
}

/**
 * Encodes the snapshots of one wedding. The part that is the same for all clients is encoded once per position and form,
 * so 50 people who join together cost one encoding.
 */
export class SnapshotFrames {
  readonly #wedding: string;
  readonly #read: () => SnapshotParts | undefined;
  #tails: { readonly of: Position; full?: string; lean?: string } | undefined;

  constructor(wedding: string, read: () => SnapshotParts | undefined) {
    this.#wedding = wedding;
    this.#read = read;
  }

  /** @throws Error before the replica has a state. */
  frame(lean: boolean, id: string | undefined): SharedFrame {
    const parts = this.#read();
    if (parts === undefined) throw new Error(`wedding ${this.#wedding} has no state yet`);
    const idText = id === undefined ? '' : `,"id":${JSON.stringify(id)}`;
    const stale = parts.staleMs === undefined ? '' : `,"staleMs":${Math.round(parts.staleMs)}`;
    return new SharedFrame(`{"type":"snapshot"${idText}${stale},${this.#tail(parts, lean)}`);
  }

  #tail(parts: SnapshotParts, lean: boolean): string {
    const { epoch, seq } = parts.position;
    if (this.#tails?.of.epoch !== epoch || this.#tails.of.seq !== seq) this.#tails = { of: parts.position };
    const known = lean ? this.#tails.lean : this.#tails.full;
    if (known !== undefined) return known;
    const head = JSON.stringify({ wedding: this.#wedding, epoch, seq, team: parts.team }).slice(1, -1);
    const members = JSON.stringify(lean ? parts.members().map(leanMember) : parts.members());
    const tail = `${head},"members":${members}}`;
    if (lean) this.#tails.lean = tail;
    else this.#tails.full = tail;
    return tail;
  }
}
