import { OwnStalls } from '../../support/own-stalls.ts';
import { equals, holds } from '../expect.ts';
import type { Peer } from '../peer.ts';
import type { ServerPromise } from '../promise.ts';
import type { World } from '../world.ts';

/** 5 s after `exp`, and what a busy machine adds to the time for which this process stands still. */
const ENDS_WITHIN_MS = 5_000 + 5_000;
/** Of a token that is good for a second or two more: a busy machine may be later than that. */
const TRIES = 5;

const isWelcome = ({ type }: { readonly type: string }): boolean => type === 'welcome';

async function isRefused(peer: Peer, code: string, closeCode: number): Promise<void> {
  equals(await peer.closed(), closeCode, 'the close code');
  equals(peer.frames.length, 1, 'frames before the end');
  const { type, code: said, fatal } = peer.frames[0] ?? { type: 'none' };
  equals([type, said, fatal], ['error', code, true], 'the frame');
}

const refusedToken =
  (claims: object) =>
  async (world: World): Promise<void> =>
    isRefused(await world.knock({ claims: claims as Record<string, unknown> }), 'unauthorized', 4401);

/** How a connection comes to be. */
export const CONNECTING: readonly ServerPromise[] = [
  {
    id: 'token-in-header',
    promise: 'A token in the header `Authorization` is taken.',
    check: async (world) => {
      const peer = world.connect([], { authorization: `Bearer ${await world.token()}` });
      await peer.next(isWelcome);
      equals(peer.socket.protocol, '', 'the subprotocol');
    },
  },
  {
    id: 'token-in-subprotocol',
    promise: 'A token in the subprotocol `bearer.TOKEN` is taken, and `presence.v1` is selected.',
    check: async (world) => {
      const peer = await world.open();
      equals(peer.socket.protocol, 'presence.v1', 'the subprotocol');
    },
  },
  {
    id: 'token-in-query',
    promise: 'A token in the query parameter `access_token` is taken.',
    check: async (world) => {
      await world.connect([], {}, { access_token: await world.token() }).next(isWelcome);
    },
  },
  {
    id: 'first-token-counts',
    promise: 'Of several tokens the one in the header counts.',
    check: async (world) => {
      const peer = world.connect(
        ['presence.v1', `bearer.${await world.token({ user: world.user('second') })}`],
        { authorization: `Bearer ${await world.token({ user: world.user('first') })}` },
        { access_token: 'no token at all' },
      );
      equals((await peer.next(isWelcome)).user, world.user('first'), 'the user');
    },
  },
  {
    id: 'welcome',
    promise: '`welcome` is the first frame, with what the token says and how the server works.',
    check: async (world) => {
      const exp = Math.floor(Date.now() / 1_000) + 300;
      const peer = await world.open({ role: 'catering', claims: { exp } });
      const { type, protocol, connection, user, role, weddings, heartbeatMs, maxFrameBytes, expiresAt } = peer
        .frames[0] ?? { type: 'none' };
      equals(
        [type, protocol, user, role, weddings],
        ['welcome', 1, world.user('ann'), 'catering', [world.wedding]],
        'the welcome',
      );
      holds(typeof connection === 'string' && connection !== '', 'connection is a text', connection);
      holds(Number(heartbeatMs) > 0 && Number(maxFrameBytes) > 0, 'limits are numbers', peer.frames[0]);
      equals(expiresAt, exp * 1_000, 'expiresAt is exp');
    },
  },
  {
    id: 'messages-before-welcome',
    promise: 'What a client sends before the `welcome` is handled after it.',
    check: async (world) => {
      const peer = await world.knock();
      peer.socket.once('open', () => peer.send({ type: 'ping', id: 'early' }));
      await peer.next((frame) => frame.type === 'pong' && frame.id === 'early');
      equals(peer.frames[0]?.type, 'welcome', 'the first frame');
    },
  },
  {
    id: 'no-token',
    promise: 'Without a token the WebSocket gets one frame, `unauthorized`, and ends with 4401.',
    check: async (world) => isRefused(world.connect([]), 'unauthorized', 4401),
  },
  {
    id: 'token-of-another-key',
    promise: 'A token that another key signed is `unauthorized`.',
    check: async (world) =>
      isRefused(await world.knock({ key: 'another key, which is long enough' }), 'unauthorized', 4401),
  },
  {
    id: 'token-expired',
    promise: 'A token that has expired is `token_expired`, and the connection ends with 4401.',
    check: async (world) => isRefused(await world.knock({ expiresIn: -60 }), 'token_expired', 4401),
  },
  {
    id: 'clock-tolerance',
    promise: 'A token is good until 5 s after `exp` and from 5 s before `nbf`.',
    check: async (world) => {
      const now = Math.floor(Date.now() / 1_000);
      let isTaken = false;
      for (let tries = 0; tries < TRIES && !isTaken; tries++) {
        const peer = await world.knock({ expiresIn: -3 });
        isTaken = isWelcome(await peer.next(() => true));
      }
      holds(isTaken, 'a token is good for some seconds after exp');
      await world.open({ claims: { nbf: now + 3 } });
      await isRefused(await world.knock({ claims: { nbf: now + 60 } }), 'unauthorized', 4401);
    },
  },
  {
    id: 'token-ends',
    promise: 'A connection ends with `token_expired` 5 s after `exp`.',
    check: async (world) => {
      const stalls = new OwnStalls();
      const peer = await world.open({ expiresIn: 1 });
      const error = await peer.next(({ code }) => code === 'token_expired');
      const lateMs = Date.now() - Number(peer.frames[0]?.expiresAt);
      equals([error.fatal, await peer.closed()], [true, 4401], 'the end');
      const latestMs = ENDS_WITHIN_MS + stalls.ms;
      stalls.stop();
      holds(lateMs > 3_000 && lateMs < latestMs, 'the end is about 5 s after exp', lateMs);
    },
  },
  {
    id: 'claim-sub',
    promise: 'A token without `sub` is refused.',
    check: refusedToken({ sub: undefined }),
  },
  {
    id: 'claim-role',
    promise: 'A token with a `role` that does not exist is refused.',
    check: refusedToken({ role: 'guest' }),
  },
  {
    id: 'claim-exp',
    promise: 'A token without `exp`, or with one more than 24 h after `iat`, is refused.',
    check: async (world) => {
      await refusedToken({ exp: undefined })(world);
      await isRefused(await world.knock({ expiresIn: 25 * 3_600 }), 'unauthorized', 4401);
    },
  },
  {
    id: 'claim-weddings',
    promise: 'A token with one name in `weddings` that is none is refused as a whole.',
    check: async (world) =>
      isRefused(await world.knock({ weddings: [world.wedding, 'no/name'] }), 'unauthorized', 4401),
  },
  {
    id: 'plain-http',
    promise: 'A request that is no handshake gets an HTTP error, and another path 404.',
    check: async (world) => {
      const { status } = await world.http('/v1/presence');
      holds(status === 400 || status === 405 || status === 426, 'an HTTP error', status);
      equals((await world.http('/v1/nowhere')).status, 404, 'the status of another path');
    },
  },
];
