import { describe, expect, it } from 'vitest';
import type { Entry, EntryBody } from '../../domain/presence-state/entry.ts';
import { type Position, type StateChange, StoreUnavailable } from '../store/store.ts';
import type { Participant } from './audience.ts';
import { Bodies, bodiesSet } from './bodies.ts';

const body = (status: string): EntryBody => ({ role: 'other', status });
const at = (seq: number, epoch = 'e'): Position => ({ epoch, seq });
const entry = (status: string, version: number): Entry => ({
  ...{ user: 'ann', body: body(status), pod: 'me', state: 'present' },
  ...{ since: 1, updatedAt: 1, version },
});
/** What somebody else set on behalf of ann, as the channel says it; as a snapshot shows it without an origin. */
const set = (status: string, seq: number, { epoch = 'e', origin = 'another pod 1' } = {}): StateChange => ({
  ...{ ...at(seq, epoch), origin },
  changes: [{ op: 'set', connection: 'c', entry: entry(status, seq), onBehalf: true }],
});

function setUp() {
  const membership = { connection: 'c', user: 'ann', body: body('joined'), graceMs: 1 };
  const ann: Participant = { membership, lean: false, deliver: () => {}, congested: () => false };
  const answers: PromiseWithResolvers<Position>[] = [];
  const bodies = new Bodies({
    wedding: 'w',
    store: {
      update: () => {
        const answer = Promise.withResolvers<Position>();
        answers.push(answer);
        return answer.promise;
      },
    },
    replica: { position: at(1) },
    audience: { get: () => ann, replace: (participant) => Object.assign(ann, participant) },
    clock: { monotonicMs: () => 0 },
    confirm: (_, request) => request(),
    renewed: () => {},
  });
  return { bodies, answers, status: () => ann.membership.body.status };
}

describe('Bodies', () => {
  it('takes over what somebody else set', () => {
    const { bodies, status } = setUp();
    bodies.hear(set('theirs', 2));
    expect(status()).toBe('theirs');
  });

  it.each([
    ['before', 2, 'mine'],
    ['after', 4, 'theirs'],
  ])(
    'gives the last word to who was numbered last, %s ours, though the message comes first',
    async (_, seq, last) => {
      const { bodies, answers, status } = setUp();
      const updated = bodies.update('c', body('mine'));
      bodies.hear(set('theirs', seq));
      expect(status()).toBe('mine');
      answers[0]?.resolve(at(3));
      await updated;
      expect(status()).toBe(last);
    },
  );

  it('does not go back to what was numbered before ours, though the answer comes first', async () => {
    const { bodies, answers, status } = setUp();
    const updated = bodies.update('c', body('mine'));
    answers[0]?.resolve(at(3));
    await updated;
    bodies.hear(set('theirs', 2));
    expect(status()).toBe('mine');
    bodies.hear(set('new', 1, { epoch: 'a new epoch' }));
    expect(status()).toBe('new');
  });

  it('waits for all updates that are open', async () => {
    const { bodies, answers, status } = setUp();
    const updated = Promise.all([bodies.update('c', body('first')), bodies.update('c', body('second'))]);
    bodies.hear(set('theirs', 3));
    answers[0]?.resolve(at(2));
    answers[1]?.resolve(at(4));
    await updated;
    expect(status()).toBe('second');
  });

  it('keeps its own while that is repeated, whatever a snapshot shows, until somebody else says another', async () => {
    const { bodies, answers, status } = setUp();
    const refused = expect(bodies.update('c', body('mine'))).rejects.toThrow(StoreUnavailable);
    answers[0]?.reject(new StoreUnavailable('away'));
    await refused;
    bodies.hear(set('one of ours, before', 2, { origin: '' }));
    expect(status()).toBe('mine');
    bodies.hear(set('theirs', 3));
    expect(status()).toBe('theirs');
  });

  it('is told by a snapshot what the messages in between would have said', () => {
    const before = new Map([['c', entry('before', 1)]]);
    const after = new Map([
      ['c', entry('after', 2)],
      ['d', entry('new', 3)],
    ]);
    expect(bodiesSet(before, after)).toMatchObject([
      { connection: 'c', entry: { version: 2 }, onBehalf: true },
    ]);
    expect(bodiesSet(after, after)).toEqual([]);
  });

  it('refuses an update of who has not joined', async () => {
    const nobody = new Bodies({
      wedding: 'w',
      store: { update: async () => at(1) },
      replica: { position: undefined },
      audience: { get: () => undefined, replace: () => {} },
      clock: { monotonicMs: () => 0 },
      confirm: (_, request) => request(),
      renewed: () => {},
    });
    await expect(nobody.update('c', body('mine'))).rejects.toThrow('has not joined');
  });
});
