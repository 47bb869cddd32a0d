import { describe, expect, it } from 'vitest';
import { metricsAtRest } from '../../../test/support/presence-parts.ts';
import type { Entry, EntryBody } from '../../domain/presence-state/entry.ts';
import {
  PersonFull,
  PersonRemoved,
  type Position,
  type StateChange,
  StoreUnavailable,
  WeddingFull,
} from '../store/store.ts';
import type { EndReason, Subscriber } from './broadcast.ts';
import { OpenRequests } from './open-requests.ts';
import { changedData } from './snapshot-changes.ts';
import { UnackedWrites, type UnackedWritesDeps } from './unacked-writes.ts';

const body = (status: string): EntryBody => ({ role: 'other', status });
const at = (seq: number, epoch = 'e'): Position => ({ epoch, seq });
const entry = (status: string, version: number): Entry => ({
  user: 'ann',
  body: body(status),
  pod: 'me',
  state: 'present',
  since: 1,
  updatedAt: 1,
  version,
});
/** What somebody else set on behalf of ann, as the channel says it; as a snapshot shows it without an origin. */
const set = (status: string, seq: number, { epoch = 'e', origin = 'another pod 1' } = {}): StateChange => ({
  ...at(seq, epoch),
  origin,
  changes: [{ op: 'set', connection: 'c', entry: entry(status, seq), onBehalf: true }],
});

function writesWith(given: Pick<UnackedWritesDeps, 'store' | 'broadcast'>): UnackedWrites {
  return new UnackedWrites({
    wedding: 'w',
    incarnation: 'me',
    ...given,
    replica: { position: at(1), entries: new Map() },
    leaves: new Map(),
    clock: { monotonicMs: () => 0, setTimeout: () => () => {} },
    degraded: { markPending: () => {}, replacedBy: () => '' },
    requests: new OpenRequests(metricsAtRest(), () => {}),
    metrics: metricsAtRest(),
    onRepeatFailed: () => {},
  });
}

function setUp() {
  const membership = { connection: 'c', user: 'ann', body: body('joined'), graceMs: 1 };
  const sink = { deliver: () => {}, congested: () => false };
  const ended: EndReason[] = [];
  const listener = { ended: (_: string, reason: EndReason) => void ended.push(reason) };
  const members = new Map<string, Subscriber>([['c', { membership, lean: false, sink, listener }]]);
  const answers: PromiseWithResolvers<Position>[] = [];
  const request = () => {
    const answer = Promise.withResolvers<Position>();
    answers.push(answer);
    return answer.promise;
  };
  const writes = writesWith({
    store: { update: request, enter: request, leave: request, drop: request },
    broadcast: {
      get: (connection) => members.get(connection),
      memberships: () => [...members.values()].map((member) => member.membership),
      detach: (connection) => void members.delete(connection),
    },
  });
  return { writes, answers, ended, members, status: () => members.get('c')?.membership.body.status };
}

describe('UnackedWrites', () => {
  it('takes over data that another writer set', () => {
    const { writes, status } = setUp();
    writes.receive(set('theirs', 2));
    expect(status()).toBe('theirs');
  });

  it.each([
    ['before', 2, 'mine'],
    ['after', 4, 'theirs'],
  ])(
    'keeps the data with the later number, %s ours, though the message comes first',
    async (_, seq, last) => {
      const { writes, answers, status } = setUp();
      const updated = writes.update('c', body('mine'));
      writes.receive(set('theirs', seq));
      expect(status()).toBe('mine');
      answers[0]?.resolve(at(3));
      await updated;
      expect(status()).toBe(last);
    },
  );

  it('does not go back to data with an earlier number, though the answer comes first', async () => {
    const { writes, answers, status } = setUp();
    const updated = writes.update('c', body('mine'));
    answers[0]?.resolve(at(3));
    await updated;
    writes.receive(set('theirs', 2));
    expect(status()).toBe('mine');
    writes.receive(set('new', 1, { epoch: 'a new epoch' }));
    expect(status()).toBe('new');
  });

  it('waits for all open updates', async () => {
    const { writes, answers, status } = setUp();
    const updated = Promise.all([writes.update('c', body('first')), writes.update('c', body('second'))]);
    writes.receive(set('theirs', 3));
    answers[0]?.resolve(at(2));
    answers[1]?.resolve(at(4));
    await updated;
    expect(status()).toBe('second');
  });

  it('keeps its own data while that is repeated, whatever a snapshot shows, until another writer sets it', async () => {
    const { writes, answers, status } = setUp();
    const refused = expect(writes.update('c', body('mine'))).rejects.toThrow(StoreUnavailable);
    answers[0]?.reject(new StoreUnavailable('away'));
    await refused;
    writes.receive(set('one of ours, before', 2, { origin: '' }));
    expect(status()).toBe('mine');
    writes.receive(set('theirs', 3));
    expect(status()).toBe('theirs');
  });

  it.each([
    ['moved', 'replaced'],
    ['removed', 'removed'],
  ] as const)('tells the client of a connection that was %s by others, once', (reason, told) => {
    const { writes, ended, members } = setUp();
    const change: StateChange = {
      ...at(2),
      origin: 'another pod 1',
      changes: [{ op: 'remove', connection: 'c', reason }],
    };
    writes.receive(change);
    writes.receive(change);
    expect(ended).toEqual([told]);
    expect(members.size).toBe(0);
  });

  it.each([
    ['removed', new PersonRemoved(new Date(1))],
    ['too_many_devices', new PersonFull()],
    ['wedding_full', new WeddingFull()],
  ] as const)('ends a membership whose repeated join Redis refuses: %s', async (code, refusal) => {
    const { writes, answers, ended, members } = setUp();
    writes.reconcile();
    expect(members.size).toBe(1);
    answers[0]?.reject(refusal);
    await expect.poll(() => ended).toEqual([code]);
    expect(members.size).toBe(0);
  });

  it('keeps a membership whose repeated join has no answer', async () => {
    const { writes, answers, ended, members } = setUp();
    writes.reconcile();
    answers[0]?.reject(new StoreUnavailable('away'));
    await new Promise((later) => setImmediate(later));
    expect(ended).toEqual([]);
    expect(members.size).toBe(1);
  });

  it('takes from a snapshot what the missed messages would have carried', () => {
    const before = new Map([['c', entry('before', 1)]]);
    const after = new Map([
      ['c', entry('after', 2)],
      ['d', entry('new', 3)],
    ]);
    expect(changedData(before, after)).toMatchObject([
      { connection: 'c', entry: { version: 2 }, onBehalf: true },
    ]);
    expect(changedData(after, after)).toEqual([]);
  });

  it('refuses an update of a connection that has not joined', async () => {
    const request = async () => at(1);
    const empty = writesWith({
      store: { update: request, enter: request, leave: request, drop: request },
      broadcast: { get: () => undefined, memberships: () => [], detach: () => {} },
    });
    await expect(empty.update('c', body('mine'))).rejects.toThrow('has not joined');
  });
});
