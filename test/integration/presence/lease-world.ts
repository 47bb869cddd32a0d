import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { StoredEntry } from '../../../src/domain/presence-state/entry.ts';
import { PRESENCE_FUNCTIONS } from '../../../src/domain/presence-state/function-library.ts';
import { weddingKeys } from '../../../src/domain/presence-state/keys.ts';
import { ROOM_HEARTBEAT_MS } from '../../../src/presence/room/heartbeat.ts';
import { EndingLeases } from '../../../src/presence/store/ending-leases.ts';
import { toEndingLeases } from '../../../src/presence/store/redis-answers.ts';
import { LEASE_MS } from '../../../src/presence/store/redis-store.ts';

/** Redis serves nothing between these times. Bytes still arrive in front of it. */
export interface Stall {
  readonly from: number;
  readonly until: number;
}

export interface SimulatedServer {
  /** When its first heartbeat is due. */
  readonly phaseMs: number;
  /** How late its timers fire and its calls arrive, one after the other, and again from the start. */
  readonly lateMs: readonly number[];
  /** When it is killed; what it has sent by then is still served. Left out: never. */
  readonly diesAt?: number | undefined;
}

export interface LeaseScenario {
  readonly servers: readonly SimulatedServer[];
  /** In order, and apart from each other. */
  readonly stalls: readonly Stall[];
  /** The order in which Redis serves the sockets that have something to read: one number per round. */
  readonly orders: readonly number[];
  readonly endsAt: number;
}

interface Call {
  readonly arrivesAt: number;
  readonly name: string;
  readonly args: readonly string[];
  readonly answered: (answer: readonly unknown[], at: number) => void;
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
  cancelled: boolean;
}

const NAME = 'simulated';
/** What one call takes. */
const CALL_MS = 1;
/** Simulated times begin here, as Redis knows no time before 1970. */
const EPOCH_MS = 1_800_000_000_000;
const GRACE_MS = 60_000;
const KEYS_LIVE_MS = 600_000;
const CLOCK = "redis.call('TIME')";

/** The function library, with the time in the stamp of a call in place of the clock of Redis. Nothing else is replaced. */
export async function loadOnSimulatedTime(redis: Redis): Promise<void> {
  const { name, source } = PRESENCE_FUNCTIONS;
  if (source.split(CLOCK).length !== 2) throw new Error(`the library reads ${CLOCK} not exactly once`);
  const simulated = source
    .replace(CLOCK, "{ string.match(args[6], '(%d+) (%d+)') }")
    .replaceAll(`${name}_`, `${NAME}_`)
    .replace(`name=${name}`, `name=${NAME}`);
  await redis.call('FUNCTION', 'LOAD', 'REPLACE', simulated);
}

/** One wedding in a real Redis, at times that a test chooses. */
export class SimulatedWedding {
  readonly #redis: Redis;
  readonly #keys = weddingKeys(randomUUID());

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async call(at: number, pod: string, name: string, args: readonly string[]): Promise<readonly unknown[]> {
    const ms = EPOCH_MS + Math.floor(at);
    const stamp = `${Math.floor(ms / 1_000)} ${(ms % 1_000) * 1_000}`;
    const common = [pod, String(LEASE_MS), String(KEYS_LIVE_MS), '', '0', stamp];
    const request = [`${NAME}_${name}`, String(this.#keys.length), ...this.#keys, ...common, ...args];
    return (await this.#redis.call('FCALL', request)) as readonly unknown[];
  }

  /** Joins, or comes back as, a connection of the same name as its user. */
  join(at: number, pod: string, user: string, graceMs = GRACE_MS): Promise<readonly unknown[]> {
    const body = JSON.stringify({ role: 'other' });
    return this.call(at, pod, 'put', [user, user, body, String(graceMs), '', '200', '0', 'other', '10']);
  }

  async entries(): Promise<ReadonlyMap<string, StoredEntry>> {
    const all = await this.#redis.hgetall(this.#keys[0] ?? '');
    return new Map(Object.entries(all).map(([id, text]) => [id, JSON.parse(text) as StoredEntry]));
  }
}

export interface LeaseOutcome {
  /** When Redis declared each lost server lost. */
  readonly lostAt: ReadonlyMap<string, number>;
}

/**
 * Servers that beat once a second with their real bookkeeping of leases, in front of one Redis that stands still at times.
 * Redis serves, as it does, all calls that have arrived of all sockets in a round, and gives the answers after it.
 */
export class LeaseWorld {
  readonly #scenario: LeaseScenario;
  readonly #wedding: SimulatedWedding;
  readonly #sockets: Call[][];
  readonly #timers: Timer[] = [];
  readonly #lostAt = new Map<string, number>();
  #now = 0;
  #rounds = 0;

  constructor(redis: Redis, scenario: LeaseScenario) {
    this.#wedding = new SimulatedWedding(redis);
    this.#scenario = scenario;
    this.#sockets = scenario.servers.map(() => []);
  }

  async run(): Promise<LeaseOutcome> {
    const { servers, endsAt } = this.#scenario;
    for (const index of servers.keys()) {
      await this.#wedding.join(0, name(index), name(index));
      this.#startServer(index);
    }
    while (this.#now < endsAt) await this.#step();
    return { lostAt: this.#lostAt };
  }

  #startServer(index: number): void {
    const {
      phaseMs,
      lateMs,
      diesAt = Number.POSITIVE_INFINITY,
    } = this.#scenario.servers[index] as SimulatedServer;
    let delays = 0;
    const late = (): number => lateMs[delays++ % lateMs.length] ?? 0;
    const send = (what: string, args: readonly string[], answered: Call['answered']): void => {
      if (this.#now >= diesAt) return;
      const socket = this.#sockets[index] as Call[];
      const before = socket.at(-1)?.arrivesAt ?? 0;
      socket.push({ arrivesAt: Math.max(before, this.#now + late()), name: what, args, answered });
    };
    const leases = new EndingLeases({
      clock: { setTimeout: (callback, delayMs) => this.#setTimeout(callback, delayMs + late()) },
      expire: async (_, ending) => send('expire', ending, () => {}),
    });
    const beat = (count: number): void => {
      const dueAt = phaseMs + (count + 1) * ROOM_HEARTBEAT_MS;
      this.#setTimeout(() => beat(count + 1), dueAt + late() - this.#now);
      // As `Heartbeat`, also when earlier ones have no answer yet.
      send('beat', [], (answer) => {
        if (this.#now < diesAt) leases.note('', toEndingLeases(answer));
      });
    };
    this.#setTimeout(() => beat(0), phaseMs);
  }

  #setTimeout(callback: () => void, delayMs: number): () => void {
    const timer = { at: this.#now + Math.max(0, delayMs), callback, cancelled: false };
    this.#timers.push(timer);
    return () => {
      timer.cancelled = true;
    };
  }

  async #step(): Promise<void> {
    const arrival = Math.min(...this.#sockets.map(([first]) => first?.arrivesAt ?? Number.POSITIVE_INFINITY));
    const timer = this.#timers.reduce<Timer | undefined>(
      (first, one) => (first === undefined || one.at < first.at ? one : first),
      undefined,
    );
    if (timer !== undefined && timer.at <= arrival) {
      this.#timers.splice(this.#timers.indexOf(timer), 1);
      this.#now = timer.at;
      if (!timer.cancelled) timer.callback();
      return;
    }
    await this.#serveRound(this.#awake(arrival));
  }

  /** Serves what has arrived by the start of the round; Redis may stand still between any two calls of it. */
  async #serveRound(startsAt: number): Promise<void> {
    // What happens in front of Redis while it stands still happens first.
    this.#runTimersUntil(startsAt);
    let at = startsAt;
    const answers: (() => void)[] = [];
    for (const index of this.#order()) {
      const socket = this.#sockets[index] as Call[];
      while ((socket[0]?.arrivesAt ?? Number.POSITIVE_INFINITY) <= startsAt) {
        const call = socket.shift() as Call;
        at = this.#awake(at);
        const answer = await this.#wedding.call(
          at,
          call.name === 'expire' ? '' : name(index),
          call.name,
          call.args,
        );
        await this.#noteLost(at);
        answers.push(() => call.answered(answer, at));
        at += CALL_MS;
      }
    }
    at = this.#awake(at);
    this.#runTimersUntil(at);
    this.#now = at;
    for (const deliver of answers) deliver();
  }

  #runTimersUntil(until: number): void {
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0];
      if (due === undefined) return;
      this.#timers.splice(this.#timers.indexOf(due), 1);
      this.#now = due.at;
      if (!due.cancelled) due.callback();
    }
  }

  #order(): number[] {
    const { orders, servers } = this.#scenario;
    const seed = orders[this.#rounds++ % orders.length] ?? 0;
    return [...servers.keys()].toSorted((a, b) => rank(a, seed) - rank(b, seed));
  }

  #awake(at: number): number {
    return this.#scenario.stalls.reduce(
      (time, { from, until }) => (time >= from && time < until ? until : time),
      at,
    );
  }

  async #noteLost(at: number): Promise<void> {
    for (const [server, { a }] of await this.#wedding.entries())
      if (a !== 'p' && !this.#lostAt.has(server)) this.#lostAt.set(server, at);
  }
}

function name(index: number): string {
  return `server-${index}`;
}

/** Another order of few numbers for each seed. */
function rank(index: number, seed: number): number {
  return Math.imul(index + 1, seed * 2 + 2_654_435_761) >>> 0;
}
