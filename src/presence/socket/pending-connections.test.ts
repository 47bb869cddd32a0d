import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { PendingConnections } from './pending-connections.ts';

function setUp(max: number) {
  const count = { evicted: 0 };
  const pending = new PendingConnections(() => void count.evicted++, max);
  const open = () => {
    const socket = new PassThrough();
    pending.add(socket);
    return socket;
  };
  return { pending, open, count };
}

it('destroys the socket that waits longest for a newer one, and none with a good token', () => {
  const { pending, open, count } = setUp(2);
  const [member, silent] = [open(), open()];
  pending.admit(member);
  const later = [open(), open()];
  expect([member, silent, ...later].map(({ destroyed }) => destroyed)).toEqual([false, true, false, false]);
  expect([pending.size, count.evicted]).toEqual([2, 1]);
});

it('forgets a socket that ends, and leaves no listener on one that was admitted', async () => {
  const { pending, open } = setUp(2);
  const [gone, member] = [open(), open()];
  const before = new PassThrough().listenerCount('close');
  pending.admit(member);
  expect(member.listenerCount('close')).toBe(before);
  gone.destroy();
  await once(gone, 'close');
  expect(pending.size).toBe(0);
});

it('destroys all when it closes', () => {
  const { pending, open } = setUp(3);
  const sockets = [open(), open()];
  pending.close();
  expect(sockets.every(({ destroyed }) => destroyed)).toBe(true);
});
