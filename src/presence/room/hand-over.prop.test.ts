import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Join, ModelSession, type Request } from '../../../test/support/model-session.ts';
import { ModelPod, ModelRedis, StepClock, WEDDING } from '../../../test/support/outage-world.ts';
import type { Member } from '../../api/protocol/member.ts';
import { decodeMessage } from '../../client/decode-message.ts';
import { JoinedWedding } from '../../client/joined-wedding.ts';
import { PresenceError } from '../../client/presence-error.ts';
import type { Entry } from '../../domain/presence-state/entry.ts';
import { Replica } from './replica.ts';

const USERS = ['u0', 'u1', 'u2'];
const ME = 'me';

type Step =
  | { readonly do: 'change' | 'remove'; readonly user: number }
  | { readonly do: 'fail over'; readonly lost: number }
  | { readonly do: 'learn'; readonly pod: number; readonly bySnapshot: boolean }
  | { readonly do: 'wait' | 'hand over' | 'end the old' | 'end all' }
  /** The server of a connection takes its next request: numbers it, lets it in without Redis, or refuses it. */
  | { readonly do: 'take'; readonly session: number; readonly how: 'number' | 'without Redis' | 'refuse' }
  /** Somebody who was numbered is let in. */
  | { readonly do: 'let in'; readonly bySnapshot: boolean }
  | { readonly do: 'deliver'; readonly session: number };

/** Counted from the newest: nearly always that one or the one before. */
const session = fc.constantFrom(0, 0, 0, 1, 1, 2);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('change', 'change', 'remove'), user: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail over' as const), lost: fc.nat(2) }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('learn' as const), pod: fc.nat(1), bySnapshot: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('wait', 'hand over', 'hand over', 'end the old', 'end all') }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('take' as const),
      session,
      how: fc.constantFrom('number', 'number', 'without Redis', 'without Redis', 'refuse'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('let in' as const), bySnapshot: fc.boolean() }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('deliver' as const), session }) },
);

/** Two servers that lag behind Redis as they please, and one client that is handed from one to the other and back. */
class World {
  readonly redis = new ModelRedis();
  readonly clock = new StepClock();
  readonly pods: readonly ModelPod[];
  readonly sessions: ModelSession[] = [];
  readonly joined = new JoinedWedding(WEDDING, {}, {}, { delay: () => Promise.resolve() });
  #count = 0;

  constructor() {
    this.pods = ['p0', 'p1'].map((name) => new ModelPod(name, this.redis, this.clock, () => {}));
    for (const index of USERS.keys()) this.#change(index);
    this.handOver();
    const first = this.sessions[0] as ModelSession;
    this.serve(first, 'number');
    this.letIn(first, false);
    for (const pod of this.pods) pod.learn(this.#last, false);
    this.deliver(first);
  }

  get #last(): number {
    return this.redis.log.length - 1;
  }

  /** The line of the history at which the view of the client is. */
  get shownAt(): number {
    const { epoch, seq } = this.joined.position;
    return this.redis.log.findIndex(({ change }) => change.epoch === epoch && change.seq === seq);
  }

  take(one: Step): void {
    if (one.do === 'change') this.#change(one.user);
    if (one.do === 'remove') this.#remove(USERS[one.user] as string);
    if (one.do === 'fail over') this.redis.failOver(one.lost);
    if (one.do === 'learn') this.pods[one.pod]?.learn(this.#last, one.bySnapshot);
    if (one.do === 'wait') this.clock.advance(60);
    if (one.do === 'hand over') this.handOver();
    if (one.do === 'end the old') this.#end(this.sessions.slice(0, -1));
    if (one.do === 'end all') {
      this.#end(this.sessions);
      this.handOver();
    }
    if (one.do === 'let in') for (const each of this.sessions) this.letIn(each, one.bySnapshot);
    if (one.do !== 'take' && one.do !== 'deliver') return;
    const chosen = this.sessions.at(-1 - Math.min(one.session, this.sessions.length - 1)) as ModelSession;
    if (one.do === 'deliver') this.deliver(chosen);
    else this.serve(chosen, one.how);
  }

  /** The next connection goes to the other server; the one before stays open. */
  handOver(): void {
    const next = new ModelSession(
      `c${this.sessions.length}`,
      this.pods[this.sessions.length % 2] as ModelPod,
    );
    this.sessions.push(next);
    void this.joined.attach(next.asSession).catch(() => {});
  }

  serve(one: ModelSession, how: 'number' | 'without Redis' | 'refuse'): void {
    if (one.numbered !== undefined) return;
    if (one.isEnded) one.asked.length = 0;
    const request = one.asked.shift();
    if (request === undefined) return;
    if (request.type === 'snapshot') {
      if (!one.pod.sendSnapshot(one.connection, request.id)) this.#refuse(one, request);
      return;
    }
    if (how === 'number') {
      this.#number(request.resume, one);
      one.numbered = { request, at: this.#last };
    } else if (how === 'without Redis' && isKnown(one.pod, request)) this.#admit(one, request);
    else this.#refuse(one, request);
  }

  /** As a room does: not before the replica has reached the number of the join. */
  letIn(one: ModelSession, bySnapshot: boolean): void {
    if (one.numbered === undefined) return;
    const { request, at } = one.numbered;
    if (one.pod.at < at) one.pod.learn(bySnapshot ? this.#last : at, bySnapshot);
    one.numbered = undefined;
    one.memberAt.set(request.id, at);
    this.#admit(one, request);
  }

  deliver(one: ModelSession): void {
    const message = one.under.shift();
    if (message === undefined || one.isEnded) return;
    if (message.type === 'refused') {
      one.waiting.get(message.id)?.reject(new PresenceError('unavailable', '', 1));
      return;
    }
    if (message.type === 'snapshot') this.joined.receiveSnapshot(one.asSession, message);
    if (message.type === 'diff') this.joined.receiveDiff(one.asSession, message);
    if (message.type !== 'snapshot' && message.type !== 'diff') throw new Error(message.type);
    if (message.id === undefined) return;
    one.waiting.get(message.id)?.resolve(message);
    // The answer to a join has the one who joined in it.
    if (this.sessions.at(-1) === one)
      expect(this.shownAt).toBeGreaterThanOrEqual(one.memberAt.get(message.id) ?? 0);
  }

  /** Everything that was asked is done and arrives, and everybody learns of all. */
  async settle(): Promise<void> {
    for (let round = 0; round < 5; round++) {
      for (const one of this.sessions) {
        while (one.asked.length > 0 || one.numbered !== undefined) {
          this.serve(one, 'number');
          this.letIn(one, false);
        }
      }
      for (const pod of this.pods) pod.learn(this.#last, false);
      this.clock.advance(200);
      for (const one of this.sessions) while (one.under.length > 0) this.deliver(one);
      await turn();
    }
  }

  #end(sessions: readonly ModelSession[]): void {
    for (const one of sessions) {
      one.end();
      this.joined.detach(one.asSession);
    }
  }

  #admit(one: ModelSession, { id, since, resume }: Join): void {
    const membership = { connection: one.connection, user: ME, body: { role: 'other' as const }, graceMs: 0 };
    const deliver = ({ text }: { readonly text: string }) => void one.under.push(decodeMessage(text));
    one.pod.admit(
      { membership, lean: false, sink: { deliver, congested: () => false } },
      { id, since, resumes: resume !== undefined },
    );
  }

  #refuse(one: ModelSession, { id }: Request): void {
    one.under.push({ type: 'refused', id });
  }

  #number(replaced: string | undefined, one: ModelSession): void {
    const { entries } = this.redis.last;
    const moved =
      replaced !== undefined && entries.has(replaced)
        ? [{ op: 'remove' as const, connection: replaced, reason: 'moved' as const }]
        : [];
    const entry = this.#entry(ME, entries.get(replaced ?? ''), one.pod.name);
    this.redis.number([...moved, { op: 'set', connection: one.connection, entry }]);
  }

  #change(index: number): void {
    const connection = `of ${USERS[index]}`;
    const entry = this.#entry(USERS[index] as string, this.redis.last.entries.get(connection), 'elsewhere');
    this.redis.number([{ op: 'set', connection, entry }]);
  }

  #remove(user: string): void {
    if (this.redis.last.entries.has(`of ${user}`))
      this.redis.number([{ op: 'remove', connection: `of ${user}`, reason: 'left' }]);
  }

  #entry(user: string, before: Entry | undefined, pod: string): Entry {
    const body = { role: 'other' as const, status: `said ${this.#count++}` };
    const at = { since: before?.since ?? this.#count, updatedAt: this.#count, version: 0 };
    return { user, body, pod, state: 'present', ...at };
  }
}

/** Whom a server lets in while Redis is away; see JoinHandler. */
function isKnown({ replica }: ModelPod, { since }: Join): boolean {
  const { position, entries } = replica;
  if (position === undefined || !replica.hasReached(since ?? position)) return false;
  return [...entries.values()].some(({ user }) => user === ME);
}

/** What was resolved or rejected takes effect. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

const inWords = (members: Iterable<Member>) =>
  [...members].map(({ user, state, status }) => `${user} ${state} ${status}`).toSorted();

/** The members at a line of the history. */
function truth({ redis }: World, at: number): string[] {
  const line = redis.log[at];
  if (line === undefined) return [];
  const replica = new Replica();
  replica.install({ epoch: line.change.epoch, seq: line.change.seq, entries: line.entries });
  return inWords(replica.members());
}

describe('a client that is handed from server to server', () => {
  const steps = fc.array(step, { minLength: 20, maxLength: 120, size: 'max' });

  it('never goes back in epoch and number, and shows all of every number it is at', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const world = new World();
        let before = -1;
        const check = () => {
          const at = world.shownAt;
          expect(at).toBeGreaterThanOrEqual(before);
          expect(inWords(world.joined.members.values())).toEqual(truth(world, at));
          before = at;
        };
        for (const one of all) {
          world.take(one);
          check();
          await turn();
        }
        await world.settle();
        check();
        expect(inWords(world.joined.members.values())).toEqual(truth(world, world.redis.log.length - 1));
      }),
      { numRuns: 1_000 },
    );
  });
});
