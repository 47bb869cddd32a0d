import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { SharedFrame } from '../frames/shared-frame.ts';
import type { Engine, EngineSocket } from './engine.ts';
import { createWsEngine } from './ws-engine.ts';

const HEARTBEAT_MS = 10_000;

describe('the engine on ws', () => {
  let clock: ManualClock;
  let engine: Engine;
  let server: Server;
  let told: string[];
  let inside: EngineSocket | undefined;
  let changed: PromiseWithResolvers<void>;

  const tell = (what: string): void => {
    told.push(what);
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const untilTold = async (what: string): Promise<void> => {
    while (!told.includes(what)) await changed.promise;
  };

  beforeEach(async () => {
    clock = new ManualClock();
    told = [];
    changed = Promise.withResolvers();
    engine = createWsEngine({ maxFrameBytes: 100, heartbeatMs: HEARTBEAT_MS, clock });
    server = createServer();
    server.on('upgrade', (request, socket, head) =>
      engine.accept(request, socket, head, (opened) => {
        inside = opened;
        return {
          onText: (text) => tell(`text ${text}`),
          onBinary: () => tell('binary'),
          onOversize: () => {
            opened.send('too large');
            tell('oversize');
          },
          onEnd: (end) => tell(`end ${end}`),
          onDrain: () => tell('drain'),
        };
      }),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(() => {
    engine.close();
    server.close();
    server.closeAllConnections();
  });

  async function client(autoPong = true): Promise<WebSocket> {
    const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, { autoPong });
    socket.on('error', () => {});
    await once(socket, 'open');
    return socket;
  }

  it('tells what came, and how the socket ended', async () => {
    const socket = await client();
    socket.send('hello');
    socket.send(Buffer.from([1]));
    socket.close(1000);
    await untilTold('end closed');
    expect(told).toEqual(['text hello', 'binary', 'end closed']);
  });

  it('lets a last word out before a frame that is too large ends the socket', async () => {
    const socket = await client();
    const word = once(socket, 'message');
    const closed = once(socket, 'close');
    socket.send('x'.repeat(101));
    expect(String((await word)[0])).toBe('too large');
    expect((await closed)[0]).toBe(1009);
    await untilTold('end closed');
    expect(told.filter((each) => each === 'oversize')).toHaveLength(1);
  });

  it('keeps the order of shared frames of any length and its own', async () => {
    const socket = await client();
    const received: string[] = [];
    const last = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        received.push(data.toString());
        if (data.toString() === 'last') resolve();
      });
    });
    const texts = ['', 'ü', 'x'.repeat(125), 'x'.repeat(126), 'é'.repeat(40_000), 'y'.repeat(65_535)];
    for (const text of texts) {
      inside?.sendShared(new SharedFrame(text));
      inside?.send(`after ${text.length}`);
    }
    inside?.send('last');
    await last;
    const expected = texts.flatMap((text) => [text, `after ${text.length}`]);
    expect(received).toEqual([...expected, 'last']);
    socket.close();
    await untilTold('end closed');
  });

  it('does not compress', async () => {
    const socket = await client();
    expect(socket.extensions).toBe('');
    socket.close();
    await untilTold('end closed');
  });

  it('ends a socket that did not answer the ping before, as lost, and keeps one that did', async () => {
    const answering = await client();
    const ping = once(answering, 'ping');
    await clock.advance(HEARTBEAT_MS);
    await ping;
    answering.send('alive');
    await untilTold('text alive');
    await clock.advance(HEARTBEAT_MS);
    expect(told).toEqual(['text alive']);
    answering.terminate();
    await untilTold('end lost');

    told = [];
    await client(false);
    await clock.advance(2 * HEARTBEAT_MS);
    await untilTold('end lost');
  });

  it('pings everybody once a heartbeat, and not all of them at once', async () => {
    const sockets = await Promise.all(Array.from({ length: 8 }, () => client()));
    let pings = 0;
    const pinged = sockets.map((socket) => {
      socket.on('ping', () => pings++);
      return once(socket, 'ping');
    });
    await clock.advance(HEARTBEAT_MS / 32);
    await Promise.race(pinged);
    expect(pings).toBeLessThanOrEqual(2);
    await clock.advance(HEARTBEAT_MS - HEARTBEAT_MS / 32);
    await Promise.all(pinged);
    expect(pings).toBe(8);
    for (const socket of sockets) socket.terminate();
    while (told.filter((each) => each === 'end lost').length < 8) await changed.promise;
  });

  it('ignores what is sent to a socket that is gone', async () => {
    const socket = await client();
    socket.terminate();
    await untilTold('end lost');
    inside?.send('nobody reads this');
    inside?.sendShared(new SharedFrame('nor this'));
    inside?.close(1000, '');
    expect(told).toEqual(['end lost']);
  });
});
