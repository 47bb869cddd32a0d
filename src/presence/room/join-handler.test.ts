import { describe, expect, it } from 'vitest';
import { type Membership, type Position, StoreUnavailable } from '../store/store.ts';
import { JoinHandler } from './join-handler.ts';
import { Replica } from './replica.ts';

const membership = (user: string): Membership => ({
  connection: 'new',
  user,
  body: { role: 'other' },
  graceMs: 0,
});

/** The join handler of a pod that serves a wedding of ann, while Redis is away. */
function joinHandler(): JoinHandler {
  const replica = new Replica();
  const entry = { user: 'ann', body: { role: 'other' as const }, pod: 'p', state: 'present' as const };
  const entries = new Map([['c', { ...entry, since: 1, updatedAt: 1, version: 1 }]]);
  replica.install({ epoch: 'e', seq: 7, entries });
  const away = () => Promise.reject(new StoreUnavailable('away'));
  return new JoinHandler({
    wedding: 'w',
    store: { join: away, enter: away },
    metrics: { cache: () => {} },
    replica,
    staleness: { staleMs: undefined },
    sync: { following: true, subscribe: async () => {}, install: () => {}, reach: away, resync: away },
    writes: {
      join: async (_, request) =>
        request()
          .then(() => true)
          .catch(() => false),
    },
  });
}

describe('a join while Redis is away', () => {
  it.each<[string, string, Position | undefined, boolean]>([
    ['admits a member', 'ann', undefined, true],
    ['admits a member with the position of this pod', 'ann', { epoch: 'e', seq: 7 }, true],
    ['refuses a member who has seen a later number', 'ann', { epoch: 'e', seq: 8 }, false],
    ['refuses a member who has seen another epoch', 'ann', { epoch: 'later', seq: 1 }, false],
    ['refuses a new person', 'zoe', undefined, false],
  ])('%s', async (_, user, since, isLetIn) => {
    const entered = joinHandler().join(membership(user), 'c', since);
    if (isLetIn) expect(await entered).toBe(false);
    else await expect(entered).rejects.toThrow(StoreUnavailable);
  });
});
