import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { eventFrame, LiveStream } from './live-stream.ts';
import { PageFeed } from './page-feed.ts';
import { EVERYTHING } from './viewer.ts';

const HEALTH = eventFrame('health', '{}');

/** More than the buffers of a connection hold. */
const BIG = 'x'.repeat(16 * 1024 * 1024);

it('joins changes for a viewer that does not read, delays no other, and ends it after half a minute', async () => {
  const clock = new ManualClock(new Date('2027-06-05T12:00:00Z'));
  const feed = new PageFeed('cluster');
  const stream = new LiveStream(feed, clock);
  const server = createServer((_, response) => {
    response.writeHead(200);
    stream.add(response, HEALTH, EVERYTHING);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connect = async () => {
    const [response] = await once(request({ port, host: '127.0.0.1' }).end(), 'response');
    return response as IncomingMessage;
  };
  try {
    const slow = await connect();
    slow.pause();
    const quick = await connect();
    let heard = '';
    quick.setEncoding('utf8').on('data', (piece: string) => {
      heard = (heard + piece).slice(-100);
    });
    await expect.poll(() => stream.size).toBe(2);
    feed.put({ change: 0, text: BIG });
    stream.publish();
    await expect.poll(() => heard).toContain('xxx"}\n\n');
    // The slow one holds one message; what follows is not kept for it.
    for (let change = 1; change <= 50; change += 1) {
      feed.put({ change, text: '' });
      stream.publish();
    }
    await expect.poll(() => heard).toContain('"change":50');
    await clock.advance(30_001);
    const ended = once(slow, 'close').catch(() => undefined);
    stream.beat(HEALTH);
    slow.on('error', () => undefined).resume();
    await ended;
    await expect.poll(() => stream.size).toBe(1);
  } finally {
    stream.close();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }
});
