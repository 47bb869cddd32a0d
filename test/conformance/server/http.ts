import { setTimeout as delay } from 'node:timers/promises';
import { equals, holds } from '../expect.ts';
import type { Frame } from '../peer.ts';
import type { ServerPromise } from '../promise.ts';
import { memberOf } from './members.ts';

const PLANNER = { role: 'planner' } as const;
const MOST_LOOKS = 60;
const LOOK_EVERY_MS = 1_000;

/** The same state over HTTP. */
export const OVER_HTTP: readonly ServerPromise[] = [
  {
    id: 'http-presence',
    promise:
      '`GET /v1/weddings/WEDDING/presence` gives the state that clients are shown, without becoming a member.',
    check: async (world) => {
      const { answer } = await world.join({}, { status: 'here' });
      const { status, body } = await world.http(`/v1/weddings/${world.wedding}/presence`, {
        claims: { user: world.user('reader') },
      });
      equals([status, body.wedding, body.epoch], [200, world.wedding, answer.epoch], 'the answer');
      equals(body.members, answer.members, 'the members');
    },
  },
  {
    id: 'http-several',
    promise:
      '`GET /v1/presence?wedding=A&wedding=B` gives each, and a code for one that the token does not name.',
    check: async (world) => {
      await world.join();
      const { body } = await world.http(`/v1/presence?wedding=${world.wedding}&wedding=of-others`);
      const [first, second] = body.weddings as [Frame, Frame];
      holds(memberOf(first, world.user('ann')) !== undefined, 'the member is there', first);
      equals([second.wedding, second.code], ['of-others', 'unknown_wedding'], 'the other');
    },
  },
  {
    id: 'http-update',
    promise: 'A planner sets `status` and `data` of people who are there; others get 403 `forbidden`.',
    check: async (world) => {
      const { peer } = await world.join();
      const path = `/v1/weddings/${world.wedding}/presence`;
      const body = {
        updates: [
          { user: world.user('ann'), status: 'to the church' },
          { user: 'of-nobody', status: 'x' },
        ],
      };
      const refused = await world.http(path, { method: 'POST', body });
      equals([refused.status, refused.body.code], [403, 'forbidden'], 'for a photographer');
      const { status, body: answer } = await world.http(path, { method: 'POST', body, claims: PLANNER });
      equals(
        [status, answer.updated, answer.notUpdated],
        [200, [world.user('ann')], ['of-nobody']],
        'for a planner',
      );
      await peer.until(
        () => peer.changesOf(world.user('ann')).at(-1)?.member?.status === 'to the church',
        'the change',
      );
    },
  },
  {
    id: 'http-removal',
    promise:
      'A planner ends the presence of a person: a leave `removed` for others, an error `removed` for the person, joins refused until it is lifted.',
    check: async (world) => {
      const { peer: bob } = await world.join({ user: world.user('bob') });
      const { peer } = await world.join();
      const path = `/v1/weddings/${world.wedding}/removals`;
      const until = new Date(Date.now() + 3_600_000).toISOString();
      const { status, body } = await world.http(path, {
        method: 'POST',
        body: { user: world.user('ann'), until },
        claims: PLANNER,
      });
      equals([status, body.user, body.ended], [200, world.user('ann'), 1], 'the answer');
      const error = await peer.next(({ code }) => code === 'removed');
      equals([error.wedding, error.fatal], [world.wedding, false], 'the error');
      await bob.until(() => bob.changesOf(world.user('ann')).at(-1)?.reason === 'removed', 'the leave');
      equals((await peer.ask({ type: 'join', wedding: world.wedding })).code, 'removed', 'a join');
      const past = new Date(Date.now() - 1_000).toISOString();
      await world.http(path, {
        method: 'POST',
        body: { user: world.user('ann'), until: past },
        claims: PLANNER,
      });
      equals(
        (await peer.ask({ type: 'join', wedding: world.wedding })).type,
        'snapshot',
        'a join after it was lifted',
      );
    },
  },
  {
    id: 'http-history',
    promise: '`GET /v1/weddings/WEDDING/history` has who came and went, in order.',
    check: async (world) => {
      const { peer } = await world.join();
      const left = await peer.ask({ type: 'leave', wedding: world.wedding });
      const read = async (): Promise<unknown[][]> => {
        const { body } = await world.http(`/v1/weddings/${world.wedding}/history`);
        return (body.events as Frame[]).map(({ user, event }) => [user, event]);
      };
      let events = await read();
      // One that is acknowledged is there at once. One that Redis is late to confirm is there as soon as it does.
      for (let looks = 0; left.type !== 'ack' && looks < MOST_LOOKS && events.length < 2; looks++) {
        await delay(LOOK_EVERY_MS);
        events = await read();
      }
      equals(
        events,
        [
          [world.user('ann'), 'joined'],
          [world.user('ann'), 'left'],
        ],
        'the events',
      );
    },
  },
  {
    id: 'http-errors',
    promise: 'Errors over HTTP are JSON with `code` and `message`; 405 names the methods that are allowed.',
    check: async (world) => {
      const path = `/v1/weddings/${world.wedding}/presence`;
      const unauthorized = await world.http(path, { token: 'none' });
      equals(
        [unauthorized.status, unauthorized.body.code, typeof unauthorized.body.message],
        [401, 'unauthorized', 'string'],
        '401',
      );
      const unknown = await world.http('/v1/weddings/of-others/presence');
      equals([unknown.status, unknown.body.code], [404, 'unknown_wedding'], '404');
      const wrong = await world.http(path, { method: 'DELETE' });
      equals([wrong.status, wrong.body.code], [405, 'method_not_allowed'], '405');
      holds(
        (wrong.headers.get('allow') ?? '').includes('GET'),
        'Allow names GET',
        wrong.headers.get('allow'),
      );
      const bad = await world.http(path, { method: 'POST', body: { updates: 1 }, claims: PLANNER });
      equals([bad.status, bad.body.code], [400, 'invalid_request'], '400');
    },
  },
];
