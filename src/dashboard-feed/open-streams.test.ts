import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { LiveStream } from './live-stream.ts';
import { OpenStreams } from './open-streams.ts';
import { EVERYTHING } from './viewer.ts';

const VIEWERS = 240;
const LOOK_MS = 5000;
const RENEWED_WITHIN_MS = 60_000;

it('asks for viewers that came at once in turns, and for each within a minute', async () => {
  const clock = new ManualClock();
  const asked = new Map<IncomingMessage, number>();
  const gate = {
    admit: async (request: IncomingMessage) => {
      asked.set(request, (asked.get(request) ?? 0) + 1);
      return { id: 'ann', sight: EVERYTHING };
    },
  };
  const streams = new OpenStreams({ gate, clock, onRefusal: () => {} });
  streams.start();
  const stream = { show: () => {} } as unknown as LiveStream;
  for (let index = 0; index < VIEWERS; index += 1) {
    const [request, response] = [{} as IncomingMessage, new EventEmitter() as ServerResponse];
    streams.add({ request, response, stream, namespace: undefined });
  }
  const sum = () => [...asked.values()].reduce((all, count) => all + count, 0);
  for (let ms = LOOK_MS; ms <= RENEWED_WITHIN_MS; ms += LOOK_MS) {
    const before = sum();
    await clock.advance(LOOK_MS);
    expect(sum() - before).toBeLessThanOrEqual(VIEWERS / 10);
  }
  expect(asked.size).toBe(VIEWERS);
  await clock.advance(RENEWED_WITHIN_MS);
  expect(new Set(asked.values())).toEqual(new Set([2]));
  streams.stop();
});
