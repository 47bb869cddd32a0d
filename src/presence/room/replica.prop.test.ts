import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage } from '../../client/decode-message.ts';
import { WeddingView } from '../../client/wedding-view.ts';
import type { Entry } from '../../domain/presence-state/entry.ts';
import type { SharedFrame } from '../frames/shared-frame.ts';
import type { EntryChange, Position, StateChange } from '../store/store.ts';
import { Broadcast } from './broadcast.ts';
import { Replica, type VisibleChanges } from './replica.ts';

const connections = ['c1', 'c2', 'c3', 'c4', 'c5'];
/** Two people with two devices, one with one. */
const userOf = (connection: string): string => `u${Math.ceil(Number(connection.slice(1)) / 2)}`;

const oneChange: fc.Arbitrary<EntryChange> = fc.oneof(
  fc
    .record({
      connection: fc.constantFrom(...connections),
      present: fc.boolean(),
      status: fc.constantFrom('a', 'b'),
    })
    .map(({ connection, present, status }) => ({
      op: 'set' as const,
      connection,
      entry: entryOf(connection, present, status),
    })),
  fc.record({
    op: fc.constant('remove' as const),
    connection: fc.constantFrom(...connections),
    reason: fc.constantFrom('left' as const, 'moved' as const),
  }),
);

function entryOf(connection: string, present: boolean, status: string): Entry {
  const base = {
    user: userOf(connection),
    body: { role: 'other' as const, status },
    pod: 'p',
    since: 1,
    updatedAt: 1,
  };
  return present
    ? { ...base, state: 'present', version: 1 }
    : { ...base, state: 'reconnecting', reason: 'lost', version: 1 };
}

const history = fc
  .array(fc.array(oneChange, { minLength: 1, maxLength: 3 }), { maxLength: 30 })
  .map((all) =>
    all.map((changes, index): StateChange => ({ epoch: 'e', seq: index + 1, origin: '', changes })),
  );

/** What Redis would hold after the first `count` changes. */
function stateAfter(changes: readonly StateChange[], count: number) {
  const entries = new Map<string, Entry>();
  for (const { changes: ones } of changes.slice(0, count)) {
    for (const one of ones) {
      if (one.op === 'set') entries.set(one.connection, one.entry);
      else entries.delete(one.connection);
    }
  }
  return { epoch: 'e', seq: count, entries };
}

const byUser = (members: Iterable<{ user: string }>) =>
  [...members].toSorted((a, b) => a.user.localeCompare(b.user));

type Fate = 'arrives' | 'lost' | 'twice' | 'snapshot';

/** A pod whose channel does to each message what fate says, and that repairs what it notices. */
class PodUnderFate {
  readonly replica = new Replica();
  readonly broadcast = new Broadcast({
    wedding: 'w',
    clock: {
      setTimeout: (callback) => {
        this.#waiting = callback;
        return () => {};
      },
    },
    replica: this.replica,
    staleness: { ageMs: 0, staleMs: undefined },
    teamOf: () => undefined,
    metrics: { delivered: () => {}, conflated: () => {} },
  });
  #waiting: () => void = () => {};
  readonly #history: readonly StateChange[];

  constructor(changes: readonly StateChange[]) {
    this.#history = changes;
    this.replica.install(stateAfter(changes, 0));
  }

  suffer(change: StateChange, fate: Fate): void {
    if (fate === 'lost') return;
    if (fate === 'snapshot') this.repair(change.seq);
    this.#receive(change);
    if (fate === 'twice') this.#receive(change);
  }

  /** The time for which arrivals are held is over. */
  passTime(): void {
    const waiting = this.#waiting;
    this.#waiting = () => {};
    waiting();
  }

  repair(count: number): void {
    const snapshot = stateAfter(this.#history, count);
    const shown = this.replica.install(snapshot);
    if (shown !== undefined) this.#publish(snapshot, shown);
  }

  #receive(change: StateChange): void {
    const applied = this.replica.apply(change);
    if (applied.kind === 'gap') this.repair(change.seq);
    if (applied.kind === 'applied') this.#publish(change, applied);
  }

  #publish(position: Position, shown: VisibleChanges): void {
    this.broadcast.publish(position, shown.changes, shown.arrivalsOnly);
  }
}

describe('a replica and the clients it feeds', () => {
  it('hold what Redis holds, whichever messages are lost, doubled or overtaken by a snapshot', () => {
    const fate = fc.constantFrom<Fate>('arrives', 'lost', 'twice', 'snapshot');
    const fates = fc.array(fate, { minLength: 30, maxLength: 30 });
    const pauses = fc.array(fc.boolean(), { minLength: 30, maxLength: 30 });
    fc.assert(
      fc.property(history, fates, pauses, fc.nat(29), (changes, fateOf, pauseAfter, joinsAt) => {
        const pod = new PodUnderFate(changes);
        const views = live(pod, changes, { fateOf, pauseAfter, joinsAt });
        const truth = new Replica();
        truth.install(stateAfter(changes, changes.length));
        const expected = byUser(truth.members());
        expect(byUser(pod.replica.members())).toEqual(expected);
        for (const view of views) expect(byUser(view.members.values())).toEqual(expected);
      }),
    );
  });

  const lost = fc.array(fc.boolean(), { minLength: 31, maxLength: 31 });

  it('give a returning client the same state by a delta as by a snapshot, from any known position', () => {
    fc.assert(
      fc.property(history, fc.nat(30), fc.nat(30), lost, (changes, heldAt, startsAt, isLost) => {
        const replica = replicaFrom(startsAt, changes, isLost);
        const held = Math.min(heldAt, changes.length);
        const delta = replica.since({ epoch: 'e', seq: held });
        if (held < Math.min(startsAt, changes.length)) expect(delta).toBeUndefined();
        if (delta === undefined) return;
        const before = new Replica();
        before.install(stateAfter(changes, held));
        const view = new WeddingView();
        view.replace({ type: 'snapshot', wedding: 'w', epoch: 'e', seq: held, members: before.members() });
        view.apply({ type: 'diff', wedding: 'w', epoch: 'e', prev: held, seq: 10_000, changes: delta });
        expect(byUser(view.members.values())).toEqual(byUser(replica.members()));
        expect(replica.since({ epoch: 'other', seq: held })).toBeUndefined();
      }),
    );
  });
});

/** A replica that begins with a snapshot, and takes another one after each message that is lost. */
function replicaFrom(
  startsAt: number,
  changes: readonly StateChange[],
  isLost: readonly (boolean | undefined)[],
): Replica {
  const replica = new Replica();
  replica.install(stateAfter(changes, Math.min(startsAt, changes.length)));
  for (const change of changes.slice(startsAt)) {
    if (isLost[change.seq]) continue;
    if (replica.apply(change).kind === 'gap') replica.install(stateAfter(changes, change.seq));
  }
  return replica;
}

interface Course {
  readonly fateOf: readonly Fate[];
  readonly pauseAfter: readonly boolean[];
  readonly joinsAt: number;
}

/** Lets a pod and three clients (from the start, later and lean, and a slow reader) go through it all. */
function live(pod: PodUnderFate, changes: readonly StateChange[], course: Course): WeddingView[] {
  const { fateOf, pauseAfter, joinsAt } = course;
  const slow = viewer(pod.broadcast, 'slow', false);
  const viewers = [viewer(pod.broadcast, 'early', false), slow];
  for (const [index, change] of changes.entries()) {
    if (index === joinsAt) viewers.push(viewer(pod.broadcast, 'late', true));
    if (pauseAfter[index]) slow.pause();
    else slow.resume();
    pod.suffer(change, fateOf[index] ?? 'arrives');
    if (pauseAfter[index]) pod.passTime();
  }
  pod.repair(changes.length);
  pod.passTime();
  pod.passTime();
  slow.resume();
  return viewers.map(({ view }) => view);
}

interface Viewer {
  readonly view: WeddingView;
  /** Reads nothing for now; then reads again, and is caught up. */
  pause(): void;
  resume(): void;
}

/** A client that never sees a gap, because the server never makes one. It may read slowly, or come back with what it held. */
function viewer(broadcast: Broadcast, connection: string, lean: boolean, since?: Position): Viewer {
  const view = new WeddingView();
  if (since !== undefined) view.replace({ type: 'snapshot', wedding: 'w', ...since, members: [] });
  let congested = false;
  const subscriber = {
    membership: { connection, user: connection, body: { role: 'other' as const }, graceMs: 0 },
    lean,
    sink: {
      congested: () => congested,
      deliver: (frame: SharedFrame) => {
        const message = decodeMessage(frame.text);
        if (message.type === 'snapshot') view.replace(message);
        if (message.type === 'diff') expect(view.apply(message)).not.toBe('gap');
      },
    },
  };
  void broadcast.admit(subscriber, { id: undefined, resumes: false, since });
  return {
    view,
    pause: () => {
      congested = true;
    },
    resume: () => {
      congested = false;
      broadcast.catchUp(connection);
    },
  };
}
