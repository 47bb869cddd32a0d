import type { HistoryEntry } from '../store/store.ts';

/** A change of one person as the others saw it. */
export interface HistoryEvent {
  /** Milliseconds since 1970, by the clock of Redis. */
  readonly at: number;
  readonly user: string;
  readonly event: 'joined' | 'reconnecting' | 'back' | 'left';
  /** Of reconnecting and left. */
  readonly reason?: string;
  readonly role?: string;
}

/** A person who was in the wedding at a moment. */
export interface PastMember {
  readonly user: string;
  readonly role?: string;
  readonly state: 'present' | 'reconnecting';
  readonly reason?: string;
  /** Since when in that state. */
  readonly since: number;
}

interface Person {
  readonly devices: Map<string, 'present' | 'reconnecting'>;
  role: string | undefined;
  shown: PastMember | undefined;
}

/** The people of one wedding at a moment, made from the lines of its history one after the other. */
class Past {
  readonly #people = new Map<string, Person>();

  members(): PastMember[] {
    return [...this.#people.values()].flatMap(({ shown }) => shown ?? []);
  }

  /** The change that others saw; undefined when there was none (a second device, a hand-over). */
  apply(line: HistoryEntry): HistoryEvent | undefined {
    const person = this.#people.get(line.user) ?? { devices: new Map(), role: undefined, shown: undefined };
    this.#people.set(line.user, person);
    person.role = line.role ?? person.role;
    if (line.kind === 'gone') person.devices.delete(line.connection);
    else person.devices.set(line.connection, line.kind === 'reconnecting' ? 'reconnecting' : 'present');
    // The line of the new connection follows at once, in the same call.
    if (line.reason === 'moved') return undefined;
    const state = stateOf(person);
    if (state === person.shown?.state) return undefined;
    const event = eventOf(person.shown, state);
    person.shown = state && pastMember(line, person, state);
    const { at, user, reason } = line;
    return {
      at,
      user,
      event,
      ...(reason === undefined ? {} : { reason }),
      ...(person.role === undefined ? {} : { role: person.role }),
    };
  }
}

function pastMember(
  { user, at, reason }: HistoryEntry,
  { role }: Person,
  state: PastMember['state'],
): PastMember {
  return {
    user,
    ...(role === undefined ? {} : { role }),
    state,
    ...(state === 'reconnecting' && reason !== undefined ? { reason } : {}),
    since: at,
  };
}

function stateOf({ devices }: Person): PastMember['state'] | undefined {
  if (devices.size === 0) return undefined;
  return [...devices.values()].includes('present') ? 'present' : 'reconnecting';
}

function eventOf(
  before: PastMember | undefined,
  state: PastMember['state'] | undefined,
): HistoryEvent['event'] {
  if (state === undefined) return 'left';
  if (state === 'reconnecting') return 'reconnecting';
  return before === undefined ? 'joined' : 'back';
}

/** The changes that others saw, in order. Several devices are one person, and a hand-over is no change. Pure. */
export function eventsOf(history: readonly HistoryEntry[]): HistoryEvent[] {
  const past = new Past();
  return history.flatMap((line) => past.apply(line) ?? []);
}

/** The people who were in the wedding at a moment. Pure. */
export function membersAt(history: readonly HistoryEntry[], at: number): PastMember[] {
  const past = new Past();
  for (const line of history) {
    if (line.at > at) break;
    past.apply(line);
  }
  return past.members();
}
