import type { Booking } from './booking.ts';
import { type Attendance, PROFILE_SPAN, type PresenceProfile, shareAt } from './presence-profile.ts';

/** Distance of the instants at which the load is computed; between them it is a straight line. */
const EDGE_MS = 300_000;
/** A party ends within a day and a half of its ceremony, whatever its zone did in between. */
const LONGEST_PARTY_MS = 36 * 3_600_000;

/**
 * The load that bookings bring over time: the sum over weddings of crew × profile. It is made once for a window and
 * then looked up, so that a decision costs the same with ten weddings and with ten thousand.
 */
export class BookedLoad {
  /** Weddings that are booked, each once, at any time. */
  readonly count: number;
  readonly #bookings: readonly Booking[];
  readonly #firstEdge: number;
  readonly #edges: Float64Array;

  private constructor(
    bookings: readonly Booking[],
    profile: PresenceProfile,
    { from, until }: { from: number; until: number },
  ) {
    this.#bookings = bookings;
    this.count = bookings.length;
    this.#firstEdge = Math.floor(from / EDGE_MS);
    this.#edges = new Float64Array(Math.max(1, Math.ceil(until / EDGE_MS) - this.#firstEdge + 1));
    for (const booking of this.#around(from - PROFILE_SPAN.after, until + PROFILE_SPAN.before)) {
      this.#add(booking, profile);
    }
  }

  /**
   * @param bookings in any order; the last one of an id counts
   * @param window instants that may be asked for, milliseconds since the epoch
   */
  static of(
    bookings: readonly Booking[],
    profile: PresenceProfile,
    window: { from: number; until: number },
  ): BookedLoad {
    const unique = [...new Map(bookings.map((booking) => [booking.id, booking])).values()];
    unique.sort((a, b) => a.ceremony - b.ceremony || (a.id < b.id ? -1 : 1));
    return new BookedLoad(unique, profile, window);
  }

  /** The same bookings with another profile or window. */
  with(profile: PresenceProfile, window: { from: number; until: number }): BookedLoad {
    return new BookedLoad(this.#bookings, profile, window);
  }

  /** Connections at an instant; outside of the window those at its nearer end. */
  at(ms: number): number {
    const place = ms / EDGE_MS - this.#firstEdge;
    const edge = Math.floor(place);
    const part = place - edge;
    return this.#edge(edge) * (1 - part) + (part === 0 ? 0 : this.#edge(edge + 1) * part);
  }

  /** The highest load of `[from, until]`, looked at up to five minutes beyond either end. */
  peak(from: number, until: number): number {
    const last = Math.ceil(until / EDGE_MS) - this.#firstEdge;
    let highest = 0;
    for (let edge = Math.floor(from / EDGE_MS) - this.#firstEdge; edge <= last; edge += 1) {
      highest = Math.max(highest, this.#edge(edge));
    }
    return highest;
  }

  /** Whether any wedding is not over yet. */
  isAhead(now: number): boolean {
    const last = this.#bookings.at(-1);
    return last !== undefined && last.ceremony > now - LONGEST_PARTY_MS;
  }

  /** Weddings whose party is on, or begins within `aheadMs`. */
  near(now: number, aheadMs: number): Booking[] {
    return this.#around(now - LONGEST_PARTY_MS, now + aheadMs).filter(({ ends }) => ends > now);
  }

  /** What a learner of the profile is shown. */
  attendance(now: number): Attendance[] {
    return this.#around(now - PROFILE_SPAN.after, now + PROFILE_SPAN.before).map(({ people, ceremony }) => ({
      people,
      offsetMs: now - ceremony,
    }));
  }

  #edge(edge: number): number {
    const last = this.#edges.length - 1;
    return this.#edges[Math.min(last, Math.max(0, edge))] as number;
  }

  /** Bookings with a ceremony in `[from, until]`. */
  #around(from: number, until: number): readonly Booking[] {
    return this.#bookings.slice(this.#firstAfter(from), this.#firstAfter(until + 1));
  }

  /** Place of the first booking with a ceremony at `ms` or later. */
  #firstAfter(ms: number): number {
    let low = 0;
    let high = this.#bookings.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#bookings[middle] as Booking).ceremony < ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #add({ ceremony, people }: Booking, profile: PresenceProfile): void {
    const first = Math.max(0, Math.ceil((ceremony - PROFILE_SPAN.before) / EDGE_MS) - this.#firstEdge);
    const last = Math.min(
      this.#edges.length - 1,
      Math.floor((ceremony + PROFILE_SPAN.after) / EDGE_MS) - this.#firstEdge,
    );
    for (let edge = first; edge <= last; edge += 1) {
      const offset = (this.#firstEdge + edge) * EDGE_MS - ceremony;
      this.#edges[edge] = (this.#edges[edge] as number) + people * shareAt(profile, offset);
    }
  }
}
