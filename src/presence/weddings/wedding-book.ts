import * as z from 'zod';
import type { SnapshotMessage } from '../../api/protocol/messages.ts';
import { ROLES } from '../../api/protocol/roles.ts';

const wedding = z.object({
  /** Of the ceremony, and of the end of the party. */
  from: z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
  until: z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
  state: z.enum(['Planned', 'Confirmed', 'Done', 'Cancelled']),
  team: z.partialRecord(z.enum(ROLES), z.int().min(0)),
});
const book = z.object({ weddings: z.record(z.string(), wedding) });

/** What a presence server knows of a wedding beside who is there. Times in milliseconds since 1970. */
export type BookedWedding = z.output<typeof wedding>;

/** The crew sets up before the ceremony: nobody is moved to another server from then on. */
const QUIET_BEFORE_MS = 3_600_000;
/** Rooms are made ready this long before the crew comes. */
const WARM_BEFORE_MS = 5_400_000;
/** Rooms one server keeps ready that nobody is in. Each costs a request a second. */
const MOST_WARM = 200;

/**
 * The weddings that the operator publishes for the servers of a PresenceCluster. They add to what tokens say and never
 * stand in its way but for one thing: a wedding that is done or cancelled takes no more joins.
 */
export class WeddingBook {
  #weddings: ReadonlyMap<string, BookedWedding> = new Map();

  /** Takes over a new edition. @throws Error when it is not one; then the last good one stays. */
  load(text: string): void {
    this.#weddings = new Map(Object.entries(book.parse(JSON.parse(text)).weddings));
  }

  get size(): number {
    return this.#weddings.size;
  }

  find(name: string): BookedWedding | undefined {
    return this.#weddings.get(name);
  }

  team(name: string): SnapshotMessage['team'] {
    return this.find(name)?.team;
  }

  isClosed(name: string): boolean {
    const state = this.find(name)?.state;
    return state === 'Done' || state === 'Cancelled';
  }

  /** Whether nobody of this wedding may be moved without need. */
  isQuiet(name: string, now: number): boolean {
    const found = this.find(name);
    return found !== undefined && now >= found.from - QUIET_BEFORE_MS && now < found.until;
  }

  /** The weddings whose rooms should be ready, the earliest first. */
  warm(now: number): string[] {
    return [...this.#weddings]
      .filter(
        ([name, { from, until }]) => !this.isClosed(name) && now >= from - WARM_BEFORE_MS && now < until,
      )
      .toSorted(([, a], [, b]) => a.from - b.from)
      .slice(0, MOST_WARM)
      .map(([name]) => name);
  }
}
