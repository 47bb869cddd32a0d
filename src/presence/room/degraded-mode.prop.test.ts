import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelPod, ModelRedis, type PublishedState, StepClock } from '../../../test/support/outage-world.ts';
import type { Entry } from '../../domain/presence-state/entry.ts';
import type { ProvisionalValue } from '../../domain/presence-state/provisional.ts';
import type { Membership } from '../store/store.ts';

const PODS = ['p1', 'p2', 'p3'] as const;
const USERS = ['u0', 'u1', 'u2', 'u3', 'u4', 'u5'];

type Step =
  | { readonly do: 'update'; readonly user: number }
  | { readonly do: 'drop' | 'leave' | 'write' | 'lose' | 'expire'; readonly user: number }
  /** Comes to another server while Redis is away. */
  | { readonly do: 'move'; readonly user: number; readonly to: number }
  | { readonly do: 'fail over'; readonly lost: number }
  | { readonly do: 'learn'; readonly pod: number; readonly bySnapshot: boolean }
  | { readonly do: 'deliver'; readonly message: number; readonly again: boolean }
  | { readonly do: 'lose message'; readonly message: number }
  | { readonly do: 'wait'; readonly ms: number };

const user = fc.nat(USERS.length - 1);
const message = fc.nat(40);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('update' as const), user }),
  fc.record({ do: fc.constantFrom('drop', 'leave', 'write', 'write', 'lose', 'expire'), user }),
  fc.record({ do: fc.constant('move' as const), user, to: fc.nat(2) }),
  fc.record({ do: fc.constant('fail over' as const), lost: fc.nat(3) }),
  fc.record({ do: fc.constant('learn' as const), pod: fc.nat(2), bySnapshot: fc.boolean() }),
  { weight: 3, arbitrary: fc.record({ do: fc.constant('deliver' as const), message, again: fc.boolean() }) },
  fc.record({ do: fc.constant('lose message' as const), message }),
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(20, 60, 1_000) }),
  },
);

/** Three servers of one wedding, Redis, and messages between the servers that may come late, twice or never. */
class World {
  readonly redis = new ModelRedis();
  readonly clock = new StepClock();
  readonly pods: readonly ModelPod[];
  readonly under: PublishedState[] = [];
  /** Everything that was ever said, and where its speaker was. */
  readonly said: { readonly said: PublishedState; readonly at: number }[] = [];
  #count = 0;

  constructor() {
    this.pods = PODS.map(
      (name): ModelPod =>
        new ModelPod(name, this.redis, this.clock, (said) => {
          this.under.push(said);
          this.said.push({ said, at: this.pod(name).at });
        }),
    );
    for (const [index, name] of USERS.entries()) {
      const pod = this.pods[index % 3] as ModelPod;
      const membership = this.#membership(`c${index}`, name);
      pod.members.set(membership.connection, membership);
      this.#write(pod, membership.connection);
    }
    for (const pod of this.pods) pod.learn(this.redis.log.length - 1, false);
    this.clock.advance(200);
  }

  pod(name: string): ModelPod {
    return this.pods[PODS.indexOf(name as (typeof PODS)[number])] as ModelPod;
  }

  take(one: Step): void {
    switch (one.do) {
      case 'wait':
        this.clock.advance(one.ms);
        return;
      case 'fail over':
        this.redis.failOver(one.lost);
        return;
      case 'learn':
        this.pods[one.pod]?.learn(this.redis.log.length - 1, one.bySnapshot);
        return;
      case 'deliver':
      case 'lose message': {
        const index = one.message % Math.max(1, this.under.length);
        const said = this.under[index];
        if (said === undefined) return;
        if (one.do === 'lose message' || !one.again) this.under.splice(index, 1);
        if (one.do === 'deliver') this.pod(said.to).degraded.receive(said.from, said.state);
        return;
      }
      case 'update':
      case 'drop':
      case 'leave':
      case 'write':
      case 'lose':
      case 'expire':
      case 'move':
        this.#act(one, USERS[one.user] as string);
    }
  }

  /** Redis takes what every server wants, everybody learns of it, and what was under way comes in after all. */
  recover(withdrawalsArrive: boolean): void {
    const stragglers = [...this.under];
    for (const pod of this.pods) {
      for (const connection of pod.members.keys()) this.#write(pod, connection);
      for (const connection of pod.leaves.keys()) this.#write(pod, connection);
    }
    for (const pod of this.pods) pod.learn(this.redis.log.length - 1, false);
    this.under.length = 0;
    this.clock.advance(1_100);
    for (const said of stragglers) this.pod(said.to).degraded.receive(said.from, said.state);
    if (withdrawalsArrive)
      for (const said of this.under) this.pod(said.to).degraded.receive(said.from, said.state);
    this.clock.advance(5_000);
  }

  #act(one: Extract<Step, { readonly user: number }>, name: string): void {
    const found = this.pods.flatMap((pod) =>
      [...pod.members.values()].flatMap((membership) =>
        membership.user === name ? [{ pod, membership }] : [],
      ),
    );
    const [first] = found;
    if (one.do === 'expire' || one.do === 'lose') {
      this.#sweep(name, one.do);
      return;
    }
    if (one.do === 'write') {
      for (const { pod, membership } of found) this.#write(pod, membership.connection);
      return;
    }
    if (first === undefined) return;
    const { pod, membership } = first;
    if (one.do === 'move') this.#move(membership, this.pods[one.to] as ModelPod);
    else if (one.do === 'update')
      pod.members.set(membership.connection, this.#membership(membership.connection, name));
    else {
      pod.members.delete(membership.connection);
      pod.leaves.set(
        membership.connection,
        one.do === 'leave' ? { kind: 'leave' } : { kind: 'drop', reason: 'lost' },
      );
    }
    if (one.do !== 'move') pod.degraded.markPending(membership.connection);
  }

  /** As a room does: only who is a member there already is let in without Redis. */
  #move({ connection, user: name }: Membership, to: ModelPod): void {
    if (![...to.replica.entries.values()].some((entry) => entry.user === name)) return;
    const membership = this.#membership(`m${this.#count}`, name);
    to.members.set(membership.connection, membership);
    to.degraded.markPending(membership.connection, connection);
  }

  /** Somebody else takes the person for lost, or the time to come back is over. */
  #sweep(name: string, what: 'lose' | 'expire'): void {
    for (const [connection, entry] of this.redis.last.entries) {
      if (entry.user !== name) continue;
      if (what === 'expire') this.redis.number([{ op: 'remove', connection, reason: 'server_lost' }]);
      else
        this.redis.number([
          { op: 'set', connection, entry: { ...entry, state: 'reconnecting', reason: 'server_lost' } },
        ]);
    }
  }

  /** Redis takes what a server wants of a connection. */
  #write(pod: ModelPod, connection: string): void {
    const entry = this.redis.last.entries.get(connection);
    const membership = pod.members.get(connection);
    if (membership !== undefined) {
      const next: Entry = {
        user: membership.user,
        body: membership.body,
        pod: pod.name,
        state: 'present',
        since: entry?.since ?? 1,
        updatedAt: this.clock.now().getTime(),
        version: 0,
      };
      const replaced = pod.degraded.replacedBy(connection);
      const moved = this.redis.last.entries.has(replaced)
        ? [{ op: 'remove' as const, connection: replaced, reason: 'moved' as const }]
        : [];
      this.redis.number([...moved, { op: 'set', connection, entry: next }]);
      return;
    }
    const leave = pod.leaves.get(connection);
    if (leave === undefined || entry === undefined) return;
    if (leave.kind === 'leave') this.redis.number([{ op: 'remove', connection, reason: 'left' }]);
    else
      this.redis.number([
        { op: 'set', connection, entry: { ...entry, state: 'reconnecting', reason: 'lost' } },
      ]);
  }

  #membership(connection: string, name: string): Membership {
    const status = `said ${this.#count++}`;
    return { connection, user: name, body: { role: 'other', status }, graceMs: 1 };
  }
}

/**
 * What is shown over the numbered state of a server must be backed by something that was said (or is wanted here) with the
 * knowledge of every number of that connection that this server knows.
 */
function wrong(world: World): string[] {
  return world.pods.flatMap((pod) => {
    const entries = [...pod.replica.entries.values()];
    return pod.provisional.flatMap((change) => {
      const name = change.op === 'set' ? change.member.user : change.user;
      const numbered = entries.filter((entry) => entry.user === name).map(({ body }) => body.status);
      if (numbered.length === 0) return [`${name} came back on ${pod.name}`];
      const values = valid(world, pod).filter((value) => value.user === name);
      const statuses = values.flatMap((value) => (value.kind === 'present' ? [value.body.status] : []));
      const isBacked =
        values.length > 0 &&
        (change.op === 'leave' || [...statuses, ...numbered].includes(change.member.status));
      return isBacked ? [] : [`${name} on ${pod.name} is older than its number`];
    });
  });
}

/** Whatever was said by anybody and is not overtaken by a number that this server knows; its own included. */
function valid(world: World, pod: ModelPod): ProvisionalValue[] {
  const spoken = world.said.flatMap(({ said, at }) => said.state.values.map((value) => ({ value, at })));
  const own = [...pod.members.keys(), ...pod.leaves.keys()].flatMap((id) => pod.wanted(id) ?? []);
  return [
    ...own,
    ...spoken
      .filter(({ value, at }) => !world.redis.changed(value.connection, at, pod.at))
      .map(({ value }) => value),
  ];
}

const sorted = (members: ReadonlyMap<string, { readonly user: string }>) =>
  [...members.values()].toSorted((a, b) => a.user.localeCompare(b.user));

describe('three servers while Redis is away, with messages that are lost, doubled and overtaken', () => {
  const steps = fc.array(step, { minLength: 10, maxLength: 80, size: 'max' });
  const runs = { numRuns: 300 };

  it('never show anything older than a number they know, and no person who left', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const world = new World();
        for (const one of all) {
          world.take(one);
          expect(wrong(world)).toEqual([]);
        }
      }),
      runs,
    );
  });

  it('agree on epoch, number and members when Redis is back, whether withdrawals arrive or not', () => {
    fc.assert(
      fc.property(steps, fc.boolean(), (all, withdrawalsArrive) => {
        const world = new World();
        for (const one of all) world.take(one);
        world.recover(withdrawalsArrive);
        const truth = world.redis.last;
        for (const pod of world.pods) {
          expect(pod.provisional).toEqual([]);
          expect(pod.view.provisional.size).toBe(0);
          expect([pod.view.epoch]).toEqual([truth.change.epoch]);
          expect(pod.replica.position).toEqual({ epoch: truth.change.epoch, seq: truth.change.seq });
          expect(sorted(pod.view.members)).toEqual(sorted(world.pods[0]?.view.members ?? new Map()));
          expect(new Set(pod.view.members.keys())).toEqual(
            new Set([...truth.entries.values()].map((entry) => entry.user)),
          );
        }
      }),
      runs,
    );
  });

  it('show their clients the numbered state with provisional changes over it, all the time', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const world = new World();
        for (const one of all) {
          world.take(one);
          // Arrivals are held for 50 ms.
          world.clock.advance(60);
          for (const pod of world.pods) expect(sorted(pod.view.members)).toEqual(sorted(pod.expected()));
        }
      }),
      runs,
    );
  });
});
