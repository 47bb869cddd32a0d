import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../api/protocol/codes.ts';
import { JoinedWedding } from './joined-wedding.ts';
import { PresenceError } from './presence-error.ts';
import type { Session } from './session.ts';

/** A wedding that is joined over a socket whose leaves are answered as the test says, and then kept. */
async function joined(...refusals: ErrorCode[]) {
  const asked: string[] = [];
  const request = async ({ type }: { readonly type: string }): Promise<void> => {
    asked.push(type);
    const code = type === 'leave' ? refusals.shift() : undefined;
    if (code !== undefined) throw new PresenceError(code, code, code === 'not_joined' ? undefined : 1_000);
  };
  const waits: number[] = [];
  const wedding = new JoinedWedding('w', {}, {}, { delay: async (ms) => void waits.push(ms) });
  await wedding.attach({ connection: 'c1', request } as unknown as Session);
  return { wedding, asked, waits };
}

describe('a client that leaves', () => {
  it('has left when the server knows it as a member no more: the server repeats a leave that it could not confirm', async () => {
    const { wedding, asked, waits } = await joined('unavailable', 'not_joined', 'not_joined');
    await wedding.leave();
    expect([asked, waits]).toEqual([['join', 'leave', 'leave'], [1_000]]);
    await expect(wedding.joined).resolves.toBeUndefined();
    await expect(wedding.update({ status: 'back' })).rejects.toMatchObject({ code: 'client_closed' });
  });

  it('insists while the server may not have heard of it', async () => {
    const { wedding, asked } = await joined('rate_limited', 'unavailable');
    await wedding.leave();
    expect(asked).toEqual(['join', 'leave', 'leave', 'leave']);
  });
});
