import * as z from 'zod';
import { formatInstant } from '../../domain/calendar/instant.ts';
import { MAX_REVOCATIONS, type Revocation } from '../../domain/optimization/revocation-list.ts';
import { CLOCK_TOLERANCE_MS, type Identity } from './identity.ts';

const TOKENS = ['All', 'IssuedBefore'] as const satisfies readonly Revocation['tokens'][];
const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const list = z.object({
  revocations: z
    .array(
      z.object({
        request: z.string().min(1).max(128),
        subject: z.string().min(1),
        wedding: z.string().optional(),
        tokens: z.enum(TOKENS),
        from: instant,
        until: instant,
      }),
    )
    .max(MAX_REVOCATIONS),
});

/**
 * The people whom this server refuses for a time, as the operator publishes them. Each ends by itself, so a server that
 * hears nothing more of the operator refuses a person exactly until the end that was asked for.
 */
export class Revocations {
  readonly #now: () => number;
  #bySubject: ReadonlyMap<string, readonly Revocation[]> = new Map();
  /** What each request has ended here. */
  #ended: ReadonlyMap<string, number> = new Map();

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes over a new list. @throws Error when it is invalid; the last good list then stays. */
  load(text: string): void {
    const all = list.parse(JSON.parse(text)).revocations;
    this.#bySubject = Map.groupBy(all, ({ subject }) => subject);
    this.#ended = new Map(all.map(({ request }) => [request, this.#ended.get(request) ?? 0]));
  }

  /** The connections, or memberships of a wedding, that each active request has ended here. */
  get ended(): ReadonlyMap<string, number> {
    const active = [...this.#bySubject.values()].flat().filter((each) => this.#isOn(each));
    return new Map(active.map(({ request }) => [request, this.#ended.get(request) ?? 0]));
  }

  /** Whether there is nothing to look at. */
  get isEmpty(): boolean {
    return this.#bySubject.size === 0;
  }

  /** Whether there may be something about this person: cheap, because it is asked for every connection. */
  concerns({ user }: Identity): boolean {
    return this.#bySubject.has(user);
  }

  /**
   * The revocation that lasts longest of those that hold for this token; undefined when there is none.
   *
   * @param wedding undefined: of those of all connections
   */
  find(identity: Identity, wedding?: string): Revocation | undefined {
    let found: Revocation | undefined;
    for (const each of this.#bySubject.get(identity.user) ?? []) {
      if (each.wedding !== wedding || !this.#isOn(each)) continue;
      if (each.tokens === 'IssuedBefore' && isIssuedAfter(identity, each)) continue;
      if (found === undefined || each.until > found.until) found = each;
    }
    return found;
  }

  /** A connection, or a membership, was ended. */
  count({ request }: Revocation): void {
    this.#ended = new Map(this.#ended).set(request, (this.#ended.get(request) ?? 0) + 1);
  }

  #isOn({ until }: Revocation): boolean {
    return this.#now() < until;
  }
}

/** The clock of the issuer may be ahead by the tolerance. A token without `iat` may be of any age. */
function isIssuedAfter({ issuedAt }: Identity, { from }: Revocation): boolean {
  return issuedAt !== undefined && issuedAt > from + CLOCK_TOLERANCE_MS;
}

/** The message to the person. */
export function revokedMessage({ until }: Revocation): string {
  return `access has been ended until ${formatInstant(until)}`;
}
