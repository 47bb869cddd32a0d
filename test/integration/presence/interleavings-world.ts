import type { Member } from '../../../src/api/protocol/member.ts';
import { OwnStalls } from '../../support/own-stalls.ts';
import { ServerStalls } from '../../support/server-stalls.ts';
import { eventually, type PodProcess, signToken, startPodProcess, untilReady } from './presence-pods.ts';
import { viewOf } from './presence-views.ts';
import { RawClient } from './raw-client.ts';

/** What one person does, or what is done to servers and Redis. */
export type Step =
  | { readonly do: 'join' | 'update' | 'drop' | 'leave'; readonly user: number; readonly pod: number }
  | { readonly do: 'kill'; readonly pod: number }
  | { readonly do: 'fail over' }
  | { readonly do: 'wait'; readonly ms: number };

/** What is so with a person whatever servers say, and since when. `unknown`: while a request of it has no answer. */
interface Truth {
  state: 'present' | 'lost' | 'left' | 'unknown';
  since: number;
}

interface Person {
  readonly user: string;
  readonly truth: Truth;
  client: RawClient | undefined;
  /** The connection that the next one replaces. */
  before: string | undefined;
  pod: number;
}

export interface Bounds {
  /** From a loss, a leave or a join to the time by which everybody must see it. */
  readonly seenWithinMs: number;
  readonly graceMs: number;
  /** After the death of a primary nothing is asked of the servers for so long. */
  readonly failoverMs: number;
}

export interface WorldOptions {
  readonly wedding: string;
  readonly nodes: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly users: number;
  /** Servers that can be killed. */
  readonly mortals: number;
  /** Members on servers that live to the end. */
  readonly watchers: readonly RawClient[];
  readonly failOver: () => Promise<void>;
  /** Process ids of the Redis servers. */
  readonly redisPids: () => readonly number[];
  readonly bounds: Bounds;
}

const LOOK_EVERY_MS = 100;

/** People who come and go on servers that die, and watchers who must not be told wrong for longer than the bounds. */
export class InterleavingsWorld {
  readonly #options: WorldOptions;
  readonly #people: readonly Person[];
  readonly #pods: (PodProcess | undefined)[] = [];
  readonly #wrong = new Set<string>();
  /** By watcher and person: since when a watcher has not seen a person as present. */
  readonly #missing = new Map<string, number>();
  #quietUntil = 0;
  #looking: ReturnType<typeof setInterval> | undefined;
  /** While this process stands still, with the servers and clients of the watchers, or Redis does, nobody is told anything. */
  readonly #ownStalls = new OwnStalls();
  readonly #redisStalls: ServerStalls;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#redisStalls = new ServerStalls(options.redisPids);
    this.#people = Array.from({ length: options.users }, (_, index) => ({
      user: `u${index}`,
      truth: { state: 'left', since: this.#now() },
      client: undefined,
      before: undefined,
      pod: 0,
    }));
  }

  /** Everything that a watcher was shown against a bound, in words. */
  get wrong(): readonly string[] {
    return [...this.#wrong];
  }

  /** The clients that are connected now. */
  get clients(): readonly RawClient[] {
    return this.#people.flatMap(({ client }) => client ?? []);
  }

  /** Users who are present in truth. */
  get present(): readonly string[] {
    return this.#people.flatMap(({ user, truth }) => (truth.state === 'present' ? [user] : []));
  }

  async start(): Promise<void> {
    for (let pod = 0; pod < this.#options.mortals; pod++) await this.#startPod(pod);
    this.#looking = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  async close(): Promise<void> {
    clearInterval(this.#looking);
    this.#ownStalls.stop();
    this.#redisStalls.stop();
    for (const client of this.clients) client.socket.terminate();
    for (const pod of this.#pods) {
      pod?.kill('SIGKILL');
      await pod?.exited;
    }
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'wait':
        await new Promise((resolve) => setTimeout(resolve, step.ms));
        return;
      case 'fail over':
        this.#quietUntil = this.#now() + this.#options.bounds.failoverMs;
        await this.#options.failOver();
        return;
      case 'kill':
        await this.#kill(step.pod);
        return;
      case 'join':
      case 'update':
      case 'drop':
      case 'leave':
        await this.#act(step.do, this.#people[step.user] as Person, step.pod);
    }
  }

  async #act(what: 'join' | 'update' | 'drop' | 'leave', person: Person, pod: number): Promise<void> {
    const { wedding } = this.#options;
    const { client } = person;
    if (what === 'join') {
      await this.#join(person, pod);
      return;
    }
    if (client === undefined) return;
    if (what === 'update') client.send({ type: 'update', wedding, status: `at ${performance.now()}` });
    if (what === 'drop') this.#lose(person);
    if (what !== 'leave') return;
    this.#become(person, 'unknown');
    client.send({ type: 'leave', id: 'l', wedding });
    // Kept by Redis, or repeated by the server until it is.
    await eventually(
      () => client.received.some((message) => 'id' in message && message.id === 'l'),
      (answered) => answered,
    );
    client.socket.terminate();
    this.#become(person, 'left');
    Object.assign(person, { client: undefined, before: undefined });
  }

  /** Comes, or comes back, or goes over to another server: the new connection first, then the old one ends. */
  async #join(person: Person, pod: number): Promise<void> {
    const { wedding } = this.#options;
    const target = this.#pods[pod];
    if (target === undefined) return;
    const { client: old, before, user } = person;
    if (person.truth.state !== 'present') this.#become(person, 'unknown');
    const client = await RawClient.open(target.port, await signToken({ user, weddings: [wedding] }));
    const resume = before === undefined ? {} : { resume: before };
    await client.insist({ type: 'join', id: 'j', wedding, ...resume }, 'snapshot');
    old?.socket.terminate();
    const { connection } = await client.next('welcome');
    Object.assign(person, { client, pod, before: connection });
    if (person.truth.state !== 'present') this.#become(person, 'present');
  }

  #lose(person: Person): void {
    person.client?.socket.terminate();
    person.client = undefined;
    this.#become(person, 'lost');
  }

  async #kill(index: number): Promise<void> {
    const pod = this.#pods[index];
    if (pod === undefined) return;
    this.#pods[index] = undefined;
    pod.kill('SIGKILL');
    await pod.exited;
    for (const person of this.#people)
      if (person.client !== undefined && person.pod === index) this.#lose(person);
    await this.#startPod(index);
  }

  async #startPod(index: number): Promise<void> {
    const pod = await startPodProcess(this.#options.nodes, this.#options.environment);
    this.#pods[index] = pod;
    if (this.#now() > this.#quietUntil) await untilReady(pod);
  }

  /** A server that stands still for longer than its lease loses its people for a moment, which is right. */
  #missingSince(key: string, shown: Pick<Member, 'state'> | undefined, now: number): number {
    if (shown?.state === 'present') this.#missing.delete(key);
    else if (!this.#missing.has(key)) this.#missing.set(key, now);
    return this.#missing.get(key) ?? now;
  }

  /** Milliseconds of the time that counts. */
  #now(): number {
    return performance.now() - this.#ownStalls.ms - this.#redisStalls.ms;
  }

  #become({ truth }: Person, state: Truth['state']): void {
    Object.assign(truth, { state, since: this.#now() });
  }

  #look(): void {
    const now = this.#now();
    if (now < this.#quietUntil) {
      this.#missing.clear();
      return;
    }
    for (const [index, watcher] of this.#options.watchers.entries()) {
      const { members } = viewOf(watcher);
      for (const { user, truth } of this.#people) {
        const since = Math.max(truth.since, this.#missingSince(`${index} ${user}`, members.get(user), now));
        const isThere = truth.state === 'present';
        const ageMs = now - (isThere ? since : truth.since);
        const wrong = contradiction(members.get(user), truth.state, ageMs, this.#options.bounds);
        if (wrong !== undefined) this.#wrong.add(`${user}: ${wrong} (since ${Math.round(truth.since)})`);
      }
    }
  }
}

/** What is wrong with a member that is shown although for `ageMs` the truth has been another; undefined when nothing is. */
export function contradiction(
  shown: Pick<Member, 'state'> | undefined,
  truth: Truth['state'],
  ageMs: number,
  { seenWithinMs, graceMs }: Bounds,
): string | undefined {
  if (truth === 'unknown' || ageMs <= seenWithinMs) return undefined;
  if (truth === 'present') return shown?.state === 'present' ? undefined : 'is there and is missing';
  if (shown?.state === 'present') return `is ${truth} and is shown`;
  if (truth === 'left' || ageMs > seenWithinMs + graceMs)
    return shown === undefined ? undefined : `is ${truth} and is shown as reconnecting`;
  return undefined;
}
