import { setTimeout as delay } from 'node:timers/promises';
import { SignJWT } from 'jose';
import type { MemberChange } from '../../src/api/protocol/messages.ts';
import { ROLES } from '../../src/api/protocol/roles.ts';
import type { JoinedWedding } from '../../src/client/joined-wedding.ts';
import { PresenceClient } from '../../src/client/presence-client.ts';

export interface WeddingCrewsOptions {
  /** `ws://host:port/v1/presence`; several are used in turn. */
  readonly url: string | readonly string[];
  /** The shared secret that the servers check tokens with. */
  readonly secret: string;
  readonly weddings: number;
  readonly clientsPerWedding: number;
  readonly seconds: number;
  /** Of all clients together. */
  readonly updatesPerSecond: number;
  /** Names of the weddings; `load-1` and so on when left out. */
  readonly weddingIds?: readonly string[];
  readonly onProgress?: (line: string) => void;
}

export interface WeddingCrewsResult {
  /** Clients that became members within the time for it. */
  readonly connected: number;
  /** Updates that the servers acknowledged or that were shown to others. */
  readonly updates: number;
  /** Updates that arrived at another member, each counted once a member. */
  readonly deliveries: number;
  /** What every other member of the wedding should have seen. */
  readonly expected: number;
  /** From the instant an update was due to its arrival, one clock. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Clients that at the end saw every connected member of their wedding as present. */
  readonly completeRosters: number;
}

const CONNECT_WITHIN_MS = 30_000;
/** What is still under way when the last update was sent. */
const SETTLE_WITHIN_MS = 10_000;

interface Stamp {
  readonly number: number;
  readonly dueAt: number;
}

/**
 * Real crews on real WebSockets: everybody joins, then updates are due at a fixed rate, each by the next member in
 * turn, whether or not earlier ones have arrived. Ends by itself: `seconds`, plus what joining and settling may take.
 */
export async function runWeddingCrews(options: WeddingCrewsOptions): Promise<WeddingCrewsResult> {
  const tally = new Tally();
  const members = await joinAll(options, tally);
  options.onProgress?.(`${members.length} of ${options.weddings * options.clientsPerWedding} clients joined`);
  const crewSizes = new Map<string, number>();
  for (const { joined } of members) crewSizes.set(joined.wedding, (crewSizes.get(joined.wedding) ?? 0) + 1);

  const { updates, expected } = await sendUpdates(options, members, crewSizes);
  const giveUpAt = performance.now() + SETTLE_WITHIN_MS;
  while (tally.deliveries < expected && performance.now() < giveUpAt) await delay(20);
  const completeRosters = members.filter(({ joined }) => {
    const present = [...joined.members.values()].filter((member) => member.state === 'present');
    return present.length === crewSizes.get(joined.wedding);
  }).length;
  await Promise.all(members.map(({ client }) => client.close()));
  return {
    connected: members.length,
    updates,
    deliveries: tally.deliveries,
    expected,
    p50Ms: tally.percentile(0.5),
    p99Ms: tally.percentile(0.99),
    completeRosters,
  };
}

interface CrewMember {
  readonly client: PresenceClient;
  readonly joined: JoinedWedding;
}

async function joinAll(options: WeddingCrewsOptions, tally: Tally): Promise<CrewMember[]> {
  const urls = typeof options.url === 'string' ? [options.url] : options.url;
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), CONNECT_WITHIN_MS);
  const gaveUp = new Promise<undefined>((resolve) => {
    giveUp.signal.addEventListener('abort', () => resolve(undefined));
  });
  const all: Promise<CrewMember | undefined>[] = [];
  for (let seat = 0; seat < options.clientsPerWedding; seat++) {
    for (let index = 0; index < options.weddings; index++) {
      const wedding = options.weddingIds?.[index] ?? `load-${index + 1}`;
      const url = urls[all.length % urls.length] ?? '';
      all.push(joinOne(url, options.secret, wedding, seat, tally, gaveUp));
    }
  }
  const members = await Promise.all(all);
  clearTimeout(timer);
  return members.filter((member) => member !== undefined);
}

async function joinOne(
  url: string,
  secret: string,
  wedding: string,
  seat: number,
  tally: Tally,
  gaveUp: Promise<undefined>,
): Promise<CrewMember | undefined> {
  const user = `${wedding}-member-${seat + 1}`;
  const role = ROLES[seat % ROLES.length] ?? 'other';
  const token = (): Promise<string> =>
    new SignJWT({ role, weddings: [wedding], name: `Member ${seat + 1}` })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(user)
      .setExpirationTime('2h')
      .sign(new TextEncoder().encode(secret));
  const client = new PresenceClient({ url, token });
  const seen = tally.newReader(user);
  const joining = client.join(wedding, { status: 'on-site' }, { onDiff: seen }).catch(() => undefined);
  const joined = await Promise.race([joining, gaveUp]);
  if (joined !== undefined) return { client, joined };
  await client.close();
  return undefined;
}

async function sendUpdates(
  options: WeddingCrewsOptions,
  members: readonly CrewMember[],
  crewSizes: ReadonlyMap<string, number>,
): Promise<{ updates: number; expected: number }> {
  const total = Math.floor(options.seconds * options.updatesPerSecond);
  const startedAt = performance.now();
  const outcomes: Promise<number>[] = [];
  for (let number = 0; number < total && members.length > 0; number++) {
    const dueAt = startedAt + (number * 1_000) / options.updatesPerSecond;
    const wait = dueAt - performance.now();
    if (wait > 1) await delay(wait);
    const { joined } = members[number % members.length] as CrewMember;
    const others = (crewSizes.get(joined.wedding) ?? 1) - 1;
    const stamp: Stamp = { number, dueAt };
    outcomes.push(
      joined.update({ data: stamp }).then(
        () => others,
        () => -1,
      ),
    );
    if (number > 0 && number % (10 * options.updatesPerSecond) === 0) {
      options.onProgress?.(`${number} of ${total} updates sent`);
    }
  }
  const kept = (await Promise.all(outcomes)).filter((others) => others >= 0);
  return { updates: kept.length, expected: kept.reduce((sum, others) => sum + others, 0) };
}

/** Counts arrivals, each update once a reader, and their latencies. */
class Tally {
  readonly #latencies: number[] = [];

  get deliveries(): number {
    return this.#latencies.length;
  }

  /** What a client calls with its diffs. */
  newReader(self: string): (changes: readonly MemberChange[]) => void {
    const latest = new Map<string, number>();
    return (changes) => {
      const now = performance.now();
      for (const change of changes) {
        if (change.op !== 'set' || change.member.user === self) continue;
        const stamp = change.member.data as Stamp | undefined;
        if (stamp === undefined || stamp.number <= (latest.get(change.member.user) ?? -1)) continue;
        latest.set(change.member.user, stamp.number);
        this.#latencies.push(now - stamp.dueAt);
      }
    };
  }

  /** Nearest rank; 0 when nothing arrived. */
  percentile(share: number): number {
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
    return Math.round(value * 100) / 100;
  }
}
