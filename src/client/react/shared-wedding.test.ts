import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import type { ClientMessage } from '../../api/protocol/messages.ts';
import { PresenceClient } from '../presence-client.ts';
import { sharedWedding } from './shared-wedding.ts';

describe('a wedding that components share', () => {
  let server: WebSocketServer;
  let client: PresenceClient;
  let asked: ClientMessage[];

  beforeEach(async () => {
    asked = [];
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    server.on('connection', (socket) => {
      const say = (message: object): void => socket.send(JSON.stringify(message));
      say({ type: 'welcome', connection: 'c', weddings: ['w'], heartbeatMs: 60_000, expiresAt: 4e12 });
      socket.on('message', (data) => {
        const message = JSON.parse((data as Buffer).toString()) as ClientMessage;
        asked.push(message);
        const { id } = message;
        const at = { id, wedding: 'w', epoch: 'e', seq: asked.length };
        if (message.type === 'join') say({ ...at, type: 'snapshot', members: [['ann', 'other', 1]] });
        else say({ ...at, type: 'ack' });
      });
    });
    client = new PresenceClient({
      url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
      token: 't',
    });
  });

  afterEach(async () => {
    await client.close();
    for (const socket of server.clients) socket.terminate();
    await new Promise((closed) => server.close(closed));
  });

  const types = (): string[] => asked.map(({ type }) => type);

  it('is joined once for all of them, over a second mount, and left after the last', async () => {
    const shared = sharedWedding(client, 'w');
    expect(sharedWedding(client, 'w')).toBe(shared);
    const unmounts = [shared.subscribe({ status: 'here' }, () => {})];
    // StrictMode.
    unmounts.pop()?.();
    unmounts.push(
      shared.subscribe({ status: 'here' }, () => {}),
      shared.subscribe(undefined, () => {}),
    );
    await expect.poll(() => shared.getSnapshot().state).toBe('open');
    unmounts.pop()?.();
    await shared.update({ status: 'still here' });
    expect(types()).toEqual(['join', 'update']);
    expect(asked[0]).toMatchObject({ status: 'here' });
    unmounts.pop()?.();
    await expect.poll(types).toEqual(['join', 'update', 'leave']);
    expect(shared.getSnapshot()).toMatchObject({ state: 'connecting', members: [] });
    shared.subscribe(undefined, () => {})();
    await expect.poll(types).toEqual(['join', 'update', 'leave', 'join', 'leave']);
  });

  it('joins for an update of a child that comes before the mount of its parent', async () => {
    const shared = sharedWedding(client, 'w');
    const updated = shared.update({ status: 'early' });
    const unmount = shared.subscribe(undefined, () => {});
    await updated;
    expect(types()).toEqual(['join', 'update']);
    unmount();
  });

  it('shows why it cannot be joined', async () => {
    const shared = sharedWedding(client, 'w');
    let renders = 0;
    const unmount = shared.subscribe({ status: 'x'.repeat(65) }, () => renders++);
    expect(shared.getSnapshot()).toMatchObject({ state: 'closed', reason: { code: 'invalid_message' } });
    expect(renders).toBe(1);
    unmount();
    await client.close();
    shared.subscribe(undefined, () => {});
    expect(shared.getSnapshot()).toMatchObject({ state: 'closed', reason: { code: 'client_closed' } });
    await expect(shared.update({ status: 'x' })).rejects.toMatchObject({ code: 'client_closed' });
  });
});
