import * as z from 'zod';
import type { SnapshotMessage } from '../../api/protocol/messages.ts';
import { ROLES } from '../../api/protocol/roles.ts';

const wedding = z.object({
  /** Start of the ceremony; `until` is the end of the party. */
  from: z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
  until: z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
  state: z.enum(['Planned', 'Confirmed', 'Done', 'Cancelled']),
  team: z.partialRecord(z.enum(ROLES), z.int().min(0)),
});
const registry = z.object({ weddings: z.record(z.string(), wedding) });

/** One wedding as the operator publishes it. Times in milliseconds since 1970. */
export type PublishedWedding = z.output<typeof wedding>;

/** The crew sets up before the ceremony: from then on no client is moved to another server. */
const QUIET_BEFORE_MS = 3_600_000;
/** Rooms are made ready this long before the crew comes. */
const WARM_BEFORE_MS = 5_400_000;
/** Empty rooms that one server keeps warm. Each costs one request per second. */
const MAX_WARM = 200;

/**
 * The weddings that the operator publishes for the servers of a PresenceCluster. They add to the tokens and restrict them
 * in one way only: a wedding that is done or cancelled takes no more joins.
 */
export class WeddingRegistry {
  #weddings: ReadonlyMap<string, PublishedWedding> = new Map();

  /** Takes over a new version. @throws Error when it is invalid; the last good version then stays. */
  load(text: string): void {
    this.#weddings = new Map(Object.entries(registry.parse(JSON.parse(text)).weddings));
  }

  get size(): number {
    return this.#weddings.size;
  }

  find(name: string): PublishedWedding | undefined {
    return this.#weddings.get(name);
  }

  team(name: string): SnapshotMessage['team'] {
    return this.find(name)?.team;
  }

  isClosed(name: string): boolean {
    const state = this.find(name)?.state;
    return state === 'Done' || state === 'Cancelled';
  }

  /** Whether clients of this wedding may only be moved when necessary. */
  isQuiet(name: string, now: number): boolean {
    const found = this.find(name);
    return found !== undefined && now >= found.from - QUIET_BEFORE_MS && now < found.until;
  }

  /** The weddings whose rooms should be warm, the earliest first. */
  warm(now: number): string[] {
    return [...this.#weddings]
      .filter(
        ([name, { from, until }]) => !this.isClosed(name) && now >= from - WARM_BEFORE_MS && now < until,
      )
      .toSorted(([, a], [, b]) => a.from - b.from)
      .slice(0, MAX_WARM)
      .map(([name]) => name);
  }
}
