import { equals, holds } from '../expect.ts';
import type { Frame, Peer } from '../peer.ts';
import type { ServerPromise } from '../promise.ts';
import type { World } from '../world.ts';
import { memberOf } from './members.ts';

/** Together over the burst of 60, by fewer than the 40 that may be dropped, and by more than come back in a second and a half. */
const PINGS_FIRST = 50;
const TOO_MANY = 44;

const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);

/** The message is refused with `invalid_message` and its id, and the connection goes on. */
async function isInvalid(world: World, message: object, what: string): Promise<void> {
  const { peer } = await world.join({ user: world.user(what.replaceAll(' ', '-')) });
  const answer = await peer.ask({ wedding: world.wedding, ...message });
  equals([answer.type, answer.code, answer.fatal], ['error', 'invalid_message', false], what);
  equals((await peer.ask({ type: 'ping' })).type, 'pong', `after ${what}`);
}

async function ends(
  world: World,
  send: (peer: Peer) => void,
  code: string,
  closeCode: number,
): Promise<void> {
  const peer = await world.open();
  send(peer);
  const error: Frame = await peer.next(({ type }) => type === 'error');
  equals([error.code, error.fatal, await peer.closed()], [code, true, closeCode], 'the end');
}

/** What a server makes of messages, good and bad, and of too many. */
export const MESSAGES: readonly ServerPromise[] = [
  {
    id: 'ping',
    promise: 'The answer to `ping` is a `pong` with its `id`.',
    check: async (world) => {
      const peer = await world.open();
      peer.send({ type: 'ping', id: 'x'.repeat(64) });
      await peer.next(({ type, id }) => type === 'pong' && id === 'x'.repeat(64));
    },
  },
  {
    id: 'unknown-message',
    promise: 'A message of an unknown type is `unknown_message`; the connection stays open.',
    check: async (world) => {
      const peer = await world.open();
      const answer = await peer.ask({ type: 'dance' });
      equals([answer.code, answer.fatal], ['unknown_message', false], 'the answer');
      equals((await peer.ask({ type: 'ping' })).type, 'pong', 'a ping after it');
    },
  },
  {
    id: 'unknown-field',
    promise: 'An unknown field in a message of a client is `invalid_message`.',
    check: (world) => isInvalid(world, { type: 'update', status: 'x', colour: 'red' }, 'an unknown field'),
  },
  {
    id: 'status-length',
    promise:
      'A `status` has at most 64 characters; more is `invalid_message`, and the connection stays open.',
    check: async (world) => {
      await isInvalid(world, { type: 'update', status: 'x'.repeat(65) }, 'a long status');
      const { answer } = await world.join({}, { status: 'x'.repeat(64) });
      equals(answer.type, 'snapshot', 'a status of 64');
    },
  },
  {
    id: 'data-size',
    promise: '`data` has at most 2,048 bytes of JSON.',
    check: async (world) => {
      await isInvalid(world, { type: 'update', data: 'x'.repeat(2_047) }, 'large data');
      const { answer } = await world.join({}, { data: 'x'.repeat(2_046) });
      equals(answer.type, 'snapshot', 'data of 2,048 bytes');
    },
  },
  {
    id: 'data-depth',
    promise: '`data` has at most 16 levels of arrays and objects.',
    check: async (world) => {
      await isInvalid(world, { type: 'update', data: nested(17) }, 'deep data');
      const { answer } = await world.join({}, { data: nested(16) });
      equals(memberOf(answer, world.user('ann'))?.data, nested(16), 'data of 16 levels');
    },
  },
  {
    id: 'numbers',
    promise:
      'A number that is too large (1e400) is `invalid_message`; an integer of more than 53 bits comes back rounded.',
    check: async (world) => {
      const { peer } = await world.join();
      peer.send(`{"type":"update","id":"huge","wedding":"${world.wedding}","data":1e400}`);
      equals((await peer.next(({ id }) => id === 'huge')).code, 'invalid_message', 'the answer');
      await peer.askText(
        (id) => `{"type":"update","id":"${id}","wedding":"${world.wedding}","data":12345678901234567890}`,
      );
      const snapshot = await peer.snapshot(world.wedding);
      equals(memberOf(snapshot, world.user('ann'))?.data, 12_345_678_901_234_567_000, 'the number');
    },
  },
  {
    id: 'whole-characters',
    promise:
      'A `status` or `data` with half of a surrogate pair is `invalid_message`, and the connection stays open.',
    check: async (world) => {
      await isInvalid(world, { type: 'update', status: 'cake \ud83c' }, 'half an emoji in status');
      await isInvalid(world, { type: 'update', data: ['\udf82'] }, 'half an emoji in data');
    },
  },
  {
    id: 'malformed-frame',
    promise: 'A frame that is no JSON object in a text frame ends the connection with 4400.',
    check: async (world) => {
      await ends(world, (peer) => peer.send('no json'), 'malformed_frame', 4400);
      await ends(world, (peer) => peer.send('[]'), 'malformed_frame', 4400);
    },
  },
  {
    id: 'frame-size',
    promise: 'A frame of more than `maxFrameBytes` ends the connection with 1009.',
    check: async (world) => {
      const peer = await world.open();
      peer.send({ type: 'ping', id: 'x'.repeat(Number(peer.frames[0]?.maxFrameBytes)) });
      equals(await peer.closed(), 1009, 'the close code');
    },
  },
  {
    id: 'rate-limited',
    promise:
      'A message over the rate is `rate_limited` with its `id`, `wedding` and `retryAfterMs`; a client that waits is not closed.',
    check: async (world) => {
      const { peer } = await world.join();
      // Pings are answered at once: a server that takes its time over them has not given their rate back when the rest comes.
      for (let index = 0; index < PINGS_FIRST; index++) peer.send({ type: 'ping', id: `ping-${index}` });
      for (let index = 0; index < TOO_MANY; index++)
        peer.send({ type: 'snapshot', id: `burst-${index}`, wedding: world.wedding });
      const error = await peer.next(({ code }) => code === 'rate_limited');
      equals(
        [error.fatal, error.wedding, String(error.id).startsWith('burst-')],
        [false, world.wedding, true],
        'the error',
      );
      holds(Number(error.retryAfterMs) > 0, 'there is a hint', error);
      const last = (): number =>
        Number(peer.frames.findLast(({ code }) => code === 'rate_limited')?.retryAfterMs);
      await new Promise((resolve) => setTimeout(resolve, last() + 100));
      equals((await peer.ask({ type: 'ping' })).type, 'pong', 'a ping after the hint');
    },
  },
  {
    id: 'too-many-weddings',
    promise:
      'A connection may join 16 weddings; one more is `too_many_weddings`, and the connection stays open.',
    check: async (world) => {
      const weddings = Array.from({ length: 17 }, (_, index) => `${world.wedding}-${index}`);
      const peer = await world.open({ weddings });
      const answers: unknown[] = [];
      for (const wedding of weddings) answers.push((await peer.ask({ type: 'join', wedding })).type);
      equals(answers, [...Array(16).fill('snapshot'), 'error'], 'the answers');
      equals(peer.frames.findLast(({ type }) => type === 'error')?.code, 'too_many_weddings', 'the code');
      equals((await peer.ask({ type: 'ping' })).type, 'pong', 'a ping after it');
    },
  },
  {
    id: 'too-many-connections',
    promise: 'The eleventh connection of a person to a server is `too_many_connections`: 4409, with a hint.',
    check: async (world) => {
      for (let index = 0; index < 10; index++) await world.open();
      const peer = await world.knock();
      equals(await peer.closed(), 4409, 'the close code');
      equals(peer.frames[0]?.code, 'too_many_connections', 'the code');
      holds(Number(peer.frames[0]?.retryAfterMs) > 0, 'there is a hint', peer.frames[0]);
    },
  },
];
