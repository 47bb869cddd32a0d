import type { Member } from '../../src/api/protocol/member.ts';
import type { MemberChange } from '../../src/api/protocol/messages.ts';
import { decodeMessage } from '../../src/client/decode-message.ts';
import { WeddingView } from '../../src/client/wedding-view.ts';
import type { Entry } from '../../src/domain/presence-state/entry.ts';
import type { ProvisionalState, ProvisionalValue } from '../../src/domain/presence-state/provisional.ts';
import type { Cancel, Clock } from '../../src/platform/runtime/clock.ts';
import { type Admission, Broadcast, type Subscriber } from '../../src/presence/room/broadcast.ts';
import { DegradedMode } from '../../src/presence/room/degraded-mode.ts';
import type { PendingLeave } from '../../src/presence/room/reconciler.ts';
import { Replica, type VisibleChanges } from '../../src/presence/room/replica.ts';
import type { EntryChange, Membership, Position, StateChange } from '../../src/presence/store/store.ts';

export const WEDDING = 'w';

/** A clock that fires its timers while it is moved, without promises. */
export class StepClock implements Clock {
  #ms = 0;
  #timers: { due: number; callback: () => void }[] = [];

  now = (): Date => new Date(1_000_000 + this.#ms);
  monotonicMs = (): number => this.#ms;
  setAlarm = (): Cancel => () => {};
  sleep = (): Promise<void> => Promise.reject(new Error('nobody sleeps here'));

  setTimeout(callback: () => void, delayMs: number): Cancel {
    const timer = { due: this.#ms + delayMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  advance(ms: number): void {
    const until = this.#ms + ms;
    for (;;) {
      const [next] = this.#timers.filter(({ due }) => due <= until).toSorted((a, b) => a.due - b.due);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#ms = Math.max(this.#ms, next.due);
      next.callback();
    }
    this.#ms = until;
  }
}

interface Line {
  readonly change: StateChange;
  readonly entries: ReadonlyMap<string, Entry>;
}

/** What Redis has, with everything it ever numbered. */
export class ModelRedis {
  readonly log: Line[] = [{ change: { epoch: 'e0', seq: 0, origin: '', changes: [] }, entries: new Map() }];

  get last(): Line {
    return this.log.at(-1) as Line;
  }

  number(changes: readonly EntryChange[]): void {
    const { change, entries } = this.last;
    const seq = change.seq + 1;
    const next = new Map(entries);
    const versioned = changes.map((one) =>
      one.op === 'set' ? { ...one, entry: { ...one.entry, version: seq } } : one,
    );
    for (const one of versioned) {
      if (one.op === 'set') next.set(one.connection, one.entry);
      else next.delete(one.connection);
    }
    this.log.push({ change: { epoch: change.epoch, seq, origin: '', changes: versioned }, entries: next });
  }

  /** A replica takes over that lacks the last numbers. */
  failOver(lost: number): void {
    const { epoch } = this.last.change;
    const index = Math.max(
      this.log.findIndex(({ change }) => change.epoch === epoch),
      this.log.length - 1 - lost,
    );
    const { change, entries } = this.log[index] as Line;
    const next = { epoch: `e${this.log.length}`, seq: change.seq + 1, origin: '', changes: [] };
    this.log.push({ change: next, entries });
  }

  /** Whether a connection was numbered anew after one line and up to another, or numbers began anew. */
  changed(connection: string, after: number, upTo: number): boolean {
    return this.log
      .slice(after + 1, upTo + 1)
      .some(
        ({ change }) =>
          change.epoch !== this.log[after]?.change.epoch ||
          change.changes.some((one) => one.connection === connection),
      );
  }
}

export interface PublishedState {
  readonly from: string;
  readonly to: string;
  readonly state: ProvisionalState;
}

/** One server: the real replica, broadcast and degraded mode of one wedding, and one client that only watches. */
export class ModelPod {
  readonly name: string;
  readonly replica = new Replica();
  readonly view = new WeddingView();
  readonly leaves = new Map<string, PendingLeave>();
  readonly members = new Map<string, Membership>();
  readonly degraded: DegradedMode;
  /** The line of the log where the replica is. */
  at = 0;
  readonly #broadcast: Broadcast;
  readonly #redis: ModelRedis;

  constructor(name: string, redis: ModelRedis, clock: Clock, publish: (published: PublishedState) => void) {
    this.name = name;
    this.#redis = redis;
    const broadcast = new Broadcast({
      wedding: WEDDING,
      clock,
      replica: this.replica,
      staleness: { ageMs: 1, staleMs: undefined },
      teamOf: () => undefined,
      metrics: { delivered: () => {}, conflated: () => {} },
    });
    this.#broadcast = broadcast;
    this.degraded = new DegradedMode({
      wedding: WEDDING,
      incarnation: name,
      clock,
      replica: this.replica,
      broadcast: {
        get: (connection) => this.#memberOf(connection),
        publishProvisional: (changes) => broadcast.publishProvisional(changes),
        provisional: broadcast.provisional,
      },
      leaves: this.leaves,
      peers: {
        publish: (_, state, to) => {
          for (const peer of to) publish({ from: name, to: peer, state });
        },
      },
    });
    this.#install(0);
    this.#watch();
  }

  /** Learns what Redis numbered up to a line: change by change, or by a snapshot. */
  learn(upTo: number, bySnapshot: boolean): void {
    if (bySnapshot && this.at < upTo) this.#install(upTo);
    while (this.at < upTo) this.#receive(this.at + 1);
  }

  /** A client comes in, as a member or as somebody who only watches. */
  admit(subscriber: Subscriber, admission: Admission): void {
    void this.#broadcast.admit(subscriber, admission);
  }

  /** A client asks for the whole state; false when its connection is not known here (any more). */
  sendSnapshot(connection: string, id: string): boolean {
    if (this.#broadcast.get(connection) === undefined) return false;
    this.#broadcast.sendSnapshot(connection, id);
    return true;
  }

  /** What this server wants of a connection, as it would say it. */
  wanted(connection: string): ProvisionalValue | undefined {
    const user = this.members.get(connection)?.user ?? this.replica.entries.get(connection)?.user;
    const body = this.members.get(connection)?.body;
    if (user === undefined) return undefined;
    return body === undefined
      ? { kind: 'gone', connection, user, at: 0 }
      : { kind: 'present', connection, user, at: 0, body };
  }

  /** What is shown over the numbered state. */
  get provisional(): readonly MemberChange[] {
    return this.#broadcast.provisional.changes;
  }

  /** What people on this server should see. */
  expected(): Map<string, Member> {
    const members = new Map(this.replica.members().map((member) => [member.user, member]));
    for (const change of this.provisional) {
      if (change.op === 'set') members.set(change.member.user, change.member);
      else members.delete(change.user);
    }
    return members;
  }

  #receive(index: number): void {
    const { change } = this.#redis.log[index] as Line;
    const applied = this.replica.apply(change);
    if (applied.kind !== 'applied') {
      this.#install(index);
      return;
    }
    this.at = index;
    for (const one of change.changes)
      if (one.op === 'remove' && one.reason === 'moved') {
        this.members.delete(one.connection);
        this.#broadcast.detach(one.connection);
      }
    this.#show(change, applied);
  }

  #install(index: number): void {
    const { change, entries } = this.#redis.log[index] as Line;
    const epochBefore = this.replica.position?.epoch;
    const shown = this.replica.install({ epoch: change.epoch, seq: change.seq, entries });
    this.at = index;
    if (shown === undefined) return;
    if (epochBefore === change.epoch) this.#show(change, shown);
    else {
      this.#broadcast.publishSnapshot(change);
      this.degraded.refresh();
    }
  }

  #show(position: Position, { changes, arrivalsOnly }: VisibleChanges): void {
    this.#broadcast.publish(position, changes, arrivalsOnly);
    if (this.degraded.active) this.degraded.refresh();
  }

  /** The members of the model have no sockets. */
  #memberOf(connection: string): Subscriber | undefined {
    const membership = this.members.get(connection);
    return membership && { membership, lean: false, sink: { deliver: () => {}, congested: () => false } };
  }

  #watch(): void {
    const membership = {
      connection: `watcher of ${this.name}`,
      user: 'watcher',
      body: { role: 'other' as const },
      graceMs: 0,
    };
    void this.#broadcast.admit(
      {
        membership,
        lean: this.name === 'p1',
        sink: {
          congested: () => false,
          deliver: (frame) => {
            const message = decodeMessage(frame.text);
            if (message.type === 'snapshot') this.view.replace(message);
            if (message.type === 'provisional') this.view.showProvisional(message);
            if (message.type === 'diff' && this.view.apply(message) === 'gap')
              throw new Error('the server made a gap');
          },
        },
      },
      { id: undefined, resumes: false, since: undefined },
    );
  }
}
