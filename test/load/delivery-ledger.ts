import type { MemberChange } from '../../src/api/protocol/messages.ts';

/** What an update carries in `data`: its number among all updates, and when it was due. */
export interface Stamp {
  readonly number: number;
  readonly dueAt: number;
}

/** A person in a wedding. */
export interface Seat {
  readonly wedding: string;
  readonly user: string;
}

/** An update that one subscriber was not shown. */
export interface Missing {
  readonly wedding: string;
  readonly member: string;
  /** The number of the update among all. */
  readonly update: number;
  readonly subscriber: string;
  /**
   * `conflated`: a later value of the same member came in a snapshot, in a diff of several numbers, or provisionally, which
   * may hold the last value only (docs/protocol.md). `lost`: nothing explains it.
   */
  readonly why: 'conflated' | 'lost';
}

export interface LedgerSummary {
  /** Updates that a server kept. */
  readonly updates: number;
  /** One for each update that was kept and each other person of its wedding: `deliveries` + `conflated` + `lost`. */
  readonly expected: number;
  readonly deliveries: number;
  /** Of the deliveries: those that came in a snapshot, after a gap or on a new connection. */
  readonly bySnapshot: number;
  readonly conflated: number;
  readonly lost: number;
  /** Not sent by the client, which keeps the last state only while it has no connection. */
  readonly replacedUnsent: number;
  /** Refused by a server, or without an answer at the end. */
  readonly unconfirmed: number;
  /** Each that is conflated or lost. */
  readonly missing: readonly Missing[];
}

type Fate = 'kept' | 'replaced' | 'refused' | 'unanswered';

interface Update extends Seat {
  fate: Fate;
}

interface View {
  readonly seat: Seat;
  /** The highest number of each member that came, and the numbers that a merge may have swallowed. */
  readonly latest: Map<string, number>;
  readonly arrived: Set<number>;
  readonly merged: Set<number>;
  seq: number;
}

/** What a subscriber tells of what it is shown. */
export interface Reader {
  /** `seq` is the position after the diff. */
  diff(changes: readonly MemberChange[], seq: number, now: number): void;
  /** Without a number: shown while Redis is away, the last value of each. */
  provisional(changes: readonly MemberChange[], now: number): void;
  snapshot(
    members: Iterable<{ readonly user: string; readonly data?: unknown }>,
    seq: number,
    now: number,
  ): void;
}

/** Books every update and every arrival, so that what did not arrive can be named. */
export class DeliveryLedger {
  readonly #updates: Update[] = [];
  readonly #byMember = new Map<string, number[]>();
  readonly #views: View[] = [];
  readonly #latencies: number[] = [];
  #bySnapshot = 0;

  /** Books an update before it is sent, and gives its stamp's number. */
  send(seat: Seat): number {
    const number = this.#updates.push({ ...seat, fate: 'unanswered' }) - 1;
    this.#numbersOf(seat).push(number);
    return number;
  }

  settle(number: number, fate: Fate): void {
    const update = this.#updates[number];
    if (update !== undefined) update.fate = fate;
  }

  newReader(seat: Seat): Reader {
    const view: View = {
      seat,
      latest: new Map(),
      arrived: new Set(),
      merged: new Set(),
      seq: 0,
    };
    this.#views.push(view);
    return {
      diff: (changes, seq, now) => {
        const covers = seq - view.seq;
        view.seq = seq;
        this.#arriveAll(view, changes, covers > 1 ? 'merged' : 'diff', now);
      },
      provisional: (changes, now) => this.#arriveAll(view, changes, 'merged', now),
      snapshot: (members, seq, now) => {
        view.seq = seq;
        for (const member of members) this.#arrive(view, member, 'snapshot', now);
      },
    };
  }

  /** Forgets a subscriber that never became a member. */
  removeReader(seat: Seat): void {
    const at = this.#views.findIndex(
      ({ seat: { wedding, user } }) => wedding === seat.wedding && user === seat.user,
    );
    if (at >= 0) this.#views.splice(at, 1);
  }

  summary(): LedgerSummary {
    const missing: Missing[] = [];
    let expected = 0;
    const kept = this.#updates.flatMap((update, number) =>
      update.fate === 'kept' ? [{ update, number }] : [],
    );
    const readers = Map.groupBy(this.#views, ({ seat }) => seat.wedding);
    for (const { update, number } of kept) {
      for (const view of readers.get(update.wedding) ?? []) {
        if (view.seat.user === update.user) continue;
        expected++;
        if (view.arrived.has(number)) continue;
        const why = view.merged.has(number) ? 'conflated' : 'lost';
        const { wedding, user: member } = update;
        missing.push({ wedding, member, update: number, subscriber: view.seat.user, why });
      }
    }
    const conflated = missing.filter(({ why }) => why === 'conflated').length;
    const fates = (fate: Fate): number => this.#updates.filter((update) => update.fate === fate).length;
    return {
      updates: kept.length,
      expected,
      deliveries: expected - missing.length,
      bySnapshot: this.#bySnapshot,
      conflated,
      lost: missing.length - conflated,
      replacedUnsent: fates('replaced'),
      unconfirmed: fates('refused') + fates('unanswered'),
      missing,
    };
  }

  /** Of what arrived, in milliseconds by nearest rank; 0 when nothing did. */
  percentile(share: number): number {
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
    return Math.round(value * 100) / 100;
  }

  #arriveAll(view: View, changes: readonly MemberChange[], how: 'diff' | 'merged', now: number): void {
    for (const change of changes) if (change.op === 'set') this.#arrive(view, change.member, how, now);
  }

  #arrive(
    view: View,
    member: { readonly user: string; readonly data?: unknown },
    how: 'diff' | 'merged' | 'snapshot',
    now: number,
  ): void {
    const stamp = member.data as Stamp | undefined;
    if (member.user === view.seat.user || stamp?.number === undefined) return;
    const before = view.latest.get(member.user) ?? -1;
    if (stamp.number <= before) return;
    view.latest.set(member.user, stamp.number);
    view.arrived.add(stamp.number);
    if (how === 'snapshot') this.#bySnapshot++;
    this.#latencies.push(now - stamp.dueAt);
    if (how === 'diff') return;
    const numbers = this.#numbersOf({ wedding: view.seat.wedding, user: member.user });
    for (const number of numbers) if (number > before && number < stamp.number) view.merged.add(number);
  }

  #numbersOf({ wedding, user }: Seat): number[] {
    const key = `${wedding} ${user}`;
    const found = this.#byMember.get(key) ?? [];
    this.#byMember.set(key, found);
    return found;
  }
}
