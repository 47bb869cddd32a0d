import type { MemberChange } from '../../api/protocol/messages.ts';
import type { Entry } from './entry.ts';
import { looksAlike } from './looks-alike.ts';
import { mergeDevices } from './merge-devices.ts';
import { counts, type NumberedState, type ProvisionalState, type ProvisionalValue } from './provisional.ts';

interface Taken {
  readonly state: ProvisionalState;
  /** Valid until then, on the clock of the caller. */
  readonly until: number;
}

/** Pods whose states of one wedding are kept. Its people are on one or two pods; on more only while they move. */
export const MAX_WRITERS = 32;

/** The states that pods publish of their own members of one wedding while its shard is away. The numbered state is not changed. */
export class ProvisionalOverlay {
  readonly #taken = new Map<string, Taken>();

  /** The pods that sent a state. */
  get writers(): IterableIterator<string> {
    return this.#taken.keys();
  }

  /** Takes the state of a pod; false when it has a later one already. */
  take(writer: string, state: ProvisionalState, until: number): boolean {
    const before = this.#taken.get(writer);
    if (before !== undefined && state.counter < before.state.counter) return false;
    this.#taken.delete(writer);
    this.#taken.set(writer, { state, until });
    if (this.#taken.size > MAX_WRITERS) this.#taken.delete(this.#oldest());
    return true;
  }

  /** A state that was not repeated in time becomes empty. Its counter stays: an older state may still be on its way. */
  expire(now: number): void {
    for (const [writer, { state, until }] of this.#taken) {
      if (until <= now && state.values.length > 0)
        this.#taken.set(writer, { state: { ...state, values: [] }, until });
    }
  }

  /** Whether no pod has a provisional value. */
  get isEmpty(): boolean {
    for (const { state } of this.#taken.values()) if (state.values.length > 0) return false;
    return true;
  }

  /** The members that look different from the numbered state, by user. */
  changes(numbered: NumberedState): Map<string, MemberChange> {
    const overrides = this.#overrides(numbered);
    const users = new Set([...overrides.values()].map(({ user }) => user));
    const changes = new Map<string, MemberChange>();
    for (const user of users) {
      const change = changeOf(user, numbered, overrides);
      if (change !== undefined) changes.set(user, change);
    }
    return changes;
  }

  /** By connection; without an entry the connection is gone. */
  #overrides(numbered: NumberedState): Map<string, Override> {
    const overrides = new Map<string, Override>();
    const replaced: Override[] = [];
    for (const [writer, { state }] of this.#taken) {
      for (const value of state.values) {
        if (!counts(value, writer, state, numbered)) continue;
        const { connection, user } = value;
        overrides.set(connection, { connection, user, entry: entryOf(value, writer, numbered) });
        const old = replacedBy(value, numbered);
        if (old !== undefined) replaced.push({ connection: old, user, entry: undefined });
      }
    }
    for (const override of replaced) overrides.set(override.connection, override);
    return overrides;
  }

  #oldest(): string {
    const [first = ''] = this.#taken.keys();
    return first;
  }
}

interface Override {
  readonly connection: string;
  readonly user: string;
  readonly entry: Entry | undefined;
}

function replacedBy(value: ProvisionalValue, { entries }: NumberedState): string | undefined {
  const old = value.kind === 'present' ? value.joins?.replaces : undefined;
  return old !== undefined && entries.get(old)?.user === value.user ? old : undefined;
}

function entryOf(value: ProvisionalValue, writer: string, numbered: NumberedState): Entry | undefined {
  const { connection, user, at } = value;
  if (value.kind === 'gone') return undefined;
  const before = numbered.entries.get(connection);
  if (value.kind === 'reconnecting')
    return before && { ...before, state: 'reconnecting', reason: value.reason };
  const old = replacedBy(value, numbered);
  const replaced = before ?? (old === undefined ? undefined : numbered.entries.get(old));
  const since = replaced?.since ?? at;
  const version = before?.version ?? 0;
  const entry: Entry = {
    user,
    body: value.body,
    pod: writer,
    state: 'present',
    since,
    updatedAt: at,
    version,
  };
  return replaced?.personSince === undefined ? entry : { ...entry, personSince: replaced.personSince };
}

function changeOf(
  user: string,
  { entries }: NumberedState,
  overrides: ReadonlyMap<string, Override>,
): MemberChange | undefined {
  const numbered = [...entries].filter(([, entry]) => entry.user === user);
  const joining = [...overrides.values()].filter(
    (override) => override.user === user && !entries.has(override.connection),
  );
  const now = [
    ...numbered.flatMap(([id, entry]) => (overrides.has(id) ? (overrides.get(id)?.entry ?? []) : [entry])),
    ...joining.flatMap(({ entry }) => entry ?? []),
  ];
  const before = mergeDevices(numbered.map(([, entry]) => entry));
  const member = mergeDevices(now);
  if (member === undefined) return before === undefined ? undefined : { op: 'leave', user, reason: 'left' };
  return before !== undefined && looksAlike(before, member) ? undefined : { op: 'set', member };
}
