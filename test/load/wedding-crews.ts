import { setTimeout as delay } from 'node:timers/promises';
import { SignJWT } from 'jose';
import { ROLES } from '../../src/api/protocol/roles.ts';
import type { JoinedWedding, WeddingHandlers } from '../../src/client/joined-wedding.ts';
import { PresenceClient } from '../../src/client/presence-client.ts';
import { DeliveryLedger, type LedgerSummary, type Stamp } from './delivery-ledger.ts';

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

export interface WeddingCrewsResult extends LedgerSummary {
  /** Clients that became members within the time for it. */
  readonly connected: number;
  /** From the instant an update was due to its arrival, one clock. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Clients that at the end saw every connected member of their wedding as present. */
  readonly completeRosters: number;
}

const CONNECT_WITHIN_MS = 30_000;
/** For answers to the last updates, and then for what is still under way to others. */
const SETTLE_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 50;

/**
 * Real crews on real WebSockets: everybody joins, then updates are due at a fixed rate, each by the next member in
 * turn, whether or not earlier ones have arrived. Ends by itself: `seconds`, plus what joining and settling may take.
 */
export async function runWeddingCrews(options: WeddingCrewsOptions): Promise<WeddingCrewsResult> {
  const ledger = new DeliveryLedger();
  const members = await joinAll(options, ledger);
  options.onProgress?.(`${members.length} of ${options.weddings * options.clientsPerWedding} clients joined`);
  const crewSizes = new Map<string, number>();
  for (const { joined } of members) crewSizes.set(joined.wedding, (crewSizes.get(joined.wedding) ?? 0) + 1);

  await sendUpdates(options, members, ledger);
  const giveUpAt = performance.now() + SETTLE_WITHIN_MS;
  while (ledger.summary().lost > 0 && performance.now() < giveUpAt) await delay(LOOK_EVERY_MS);
  const summary = ledger.summary();
  const completeRosters = members.filter(({ joined }) => {
    const present = [...joined.members.values()].filter((member) => member.state === 'present');
    return present.length === crewSizes.get(joined.wedding);
  }).length;
  await Promise.all(members.map(({ client }) => client.close()));
  return {
    ...summary,
    connected: members.length,
    p50Ms: ledger.percentile(0.5),
    p99Ms: ledger.percentile(0.99),
    completeRosters,
  };
}

interface CrewMember {
  readonly client: PresenceClient;
  readonly joined: JoinedWedding;
  readonly user: string;
}

async function joinAll(options: WeddingCrewsOptions, ledger: DeliveryLedger): Promise<CrewMember[]> {
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
      all.push(joinOne(url, options.secret, wedding, seat, ledger, gaveUp));
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
  ledger: DeliveryLedger,
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
  const reader = ledger.newReader({ wedding, user });
  // Nobody has updated anything before everybody has joined, so nothing is missed while this is undefined.
  let joined: JoinedWedding | undefined;
  const handlers: WeddingHandlers = {
    onDiff: (changes) => reader.diff(changes, joined?.position.seq ?? 0, performance.now()),
    onProvisional: ({ changes }) => reader.provisional(changes, performance.now()),
    onSnapshot: (all) => reader.snapshot(all.values(), joined?.position.seq ?? 0, performance.now()),
  };
  const joining = client.join(wedding, { status: 'on-site' }, handlers).catch(() => undefined);
  joined = await Promise.race([joining, gaveUp]);
  if (joined !== undefined) return { client, joined, user };
  ledger.removeReader({ wedding, user });
  await client.close();
  return undefined;
}

async function sendUpdates(
  options: WeddingCrewsOptions,
  members: readonly CrewMember[],
  ledger: DeliveryLedger,
): Promise<void> {
  const total = Math.floor(options.seconds * options.updatesPerSecond);
  const startedAt = performance.now();
  const answers: Promise<unknown>[] = [];
  /** What each member sent last, and the answer to it that is still to come. */
  const pending = new Map<CrewMember, { readonly number: number; readonly answer: Promise<void> }>();
  for (let index = 0; index < total && members.length > 0; index++) {
    const dueAt = startedAt + (index * 1_000) / options.updatesPerSecond;
    const wait = dueAt - performance.now();
    if (wait > 1) await delay(wait);
    const member = members[index % members.length] as CrewMember;
    const { joined, user } = member;
    const number = ledger.send({ wedding: joined.wedding, user });
    const stamp: Stamp = { number, dueAt };
    const answer = joined.update({ data: stamp });
    // The client gives the same promise again when the state before was never sent.
    const before = pending.get(member);
    const replaced = before?.answer === answer ? before.number : undefined;
    pending.set(member, { number, answer });
    const settled = answer.then(
      () => ledger.settle(number, 'kept'),
      () => ledger.settle(number, 'refused'),
    );
    answers.push(replaced === undefined ? settled : settled.then(() => ledger.settle(replaced, 'replaced')));
    if (index > 0 && index % (10 * options.updatesPerSecond) === 0) {
      options.onProgress?.(`${index} of ${total} updates sent`);
    }
  }
  const timeIsOver = new AbortController();
  await Promise.race([
    Promise.all(answers),
    delay(SETTLE_WITHIN_MS, undefined, { signal: timeIsOver.signal }).catch(() => {}),
  ]);
  timeIsOver.abort();
}
