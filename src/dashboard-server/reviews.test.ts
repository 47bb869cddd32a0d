import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { Refusal } from '../dashboard-feed/refusal.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import type { KubeObject } from '../platform/kube/resource.ts';
import { ACCESS_KEPT_MS, AccessReviews } from './access-reviews.ts';
import { DASHBOARD_AUDIENCE, TOKEN_KEPT_MS, TokenReviews } from './token-reviews.ts';

type Answer = (spec: Record<string, unknown>) => unknown;

let clock: ManualClock;
let asked: Record<string, unknown>[];
let failures: string[];

/** An API server that answers reviews alone. */
function reviewer(answer: Answer): Pick<KubeClient, 'create'> {
  return {
    create: async <T extends KubeObject>(object: T): Promise<T> => {
      const spec = object.spec as Record<string, unknown>;
      asked.push(spec);
      return { ...object, status: answer(spec) };
    },
  };
}

const report = {
  reviewFailed: (review: string, because: string) => void failures.push(`${review}: ${because}`),
};
const tokensOf = (answer: Answer) => new TokenReviews({ client: reviewer(answer), clock, report });

beforeEach(() => {
  failures = [];
  clock = new ManualClock('2027-06-05T17:00:00Z');
  asked = [];
});

describe('TokenReviews', () => {
  it('asks once per minute for a token, however many look with it', async () => {
    const tokens = tokensOf(() => ({ authenticated: true, user: { username: 'ann' } }));
    await Promise.all([tokens.userOf('t'), tokens.userOf('t')]);
    expect(await tokens.userOf('t')).toEqual({ username: 'ann' });
    expect(asked).toEqual([{ token: 't' }]);
    await clock.advance(TOKEN_KEPT_MS);
    await tokens.userOf('t');
    expect(asked).toHaveLength(2);
  });

  it('takes a token for the dashboard, and not one for another audience that the API server passes over', async () => {
    const isForUs = (spec: Record<string, unknown>) =>
      JSON.stringify(spec.audiences) === '["presence-dashboard"]';
    const user = { username: 'system:serviceaccount:weddings:screen' };
    const tokens = tokensOf((spec) => ({
      authenticated: isForUs(spec),
      user,
      audiences: [DASHBOARD_AUDIENCE],
    }));
    expect(await tokens.userOf('t')).toEqual(user);
    // An API server that knows no audiences.
    const old = tokensOf((spec) => ({ authenticated: isForUs(spec), user }));
    await expect(old.userOf('t')).rejects.toMatchObject({ code: 401 });
  });

  it('forgets a refusal soon, and a token that has ended after a minute', async () => {
    let isValid = true;
    const answer = () => ({ authenticated: isValid, user: { username: 'ann' } });
    const tokens = tokensOf(answer);
    await tokens.userOf('t');
    isValid = false;
    await tokens.userOf('t');
    await clock.advance(TOKEN_KEPT_MS);
    await expect(tokens.userOf('t')).rejects.toMatchObject({ code: 401 });
    const before = asked.length;
    await expect(tokens.userOf('t')).rejects.toMatchObject({ code: 401 });
    expect(asked).toHaveLength(before);
    isValid = true;
    await clock.advance(10_000);
    expect(await tokens.userOf('t')).toEqual({ username: 'ann' });
  });

  it('lets callers without a token ask the API server only so often, and those that it knows at any time', async () => {
    const answer: Answer = ({ token }) => ({ authenticated: token === 'good', user: { username: 'ann' } });
    const tokens = tokensOf(answer);
    await tokens.userOf('good');
    const codes = new Set<number>();
    for (let index = 0; index < 600; index += 1)
      await tokens.userOf(`guess-${index}`).catch(({ code }) => codes.add(code));
    expect([...codes]).toEqual([401, 429]);
    expect(asked.length).toBeLessThan(1100);
    await clock.advance(TOKEN_KEPT_MS);
    expect(await tokens.userOf('good')).toEqual({ username: 'ann' });
  });

  it('says that the API server cannot be asked', async () => {
    const broken = { create: () => Promise.reject(new Error('connection refused')) };
    await expect(new TokenReviews({ client: broken, clock, report }).userOf('t')).rejects.toMatchObject({
      code: 503,
      message: expect.stringContaining('connection refused'),
    });
    expect(failures).toEqual(['TokenReview: connection refused']);
  });

  it('bounds how many requests wait for an API server that does not answer', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const slow = {
      create: async <T extends KubeObject>(object: T): Promise<T> => {
        await promise;
        return { ...object, status: { authenticated: true, user: { username: 'ann' } } };
      },
    };
    const tokens = new TokenReviews({ client: slow, clock, report });
    const answers = Array.from({ length: 300 }, (_, index) =>
      tokens.userOf(`token-${index}`).then(
        () => 200,
        ({ code }: Refusal) => code,
      ),
    );
    resolve();
    const codes = await Promise.all(answers);
    expect(codes.filter((code) => code === 503)).toHaveLength(100);
    expect(codes.filter((code) => code === 200)).toHaveLength(200);
  });
});

describe('AccessReviews', () => {
  const user = { username: 'ann', groups: ['crew'] };

  /** Allows what the test allows; `*` is all namespaces. */
  function accessOf(allows: (namespace: string, resource: string) => boolean) {
    const answer: Answer = ({ resourceAttributes }) => {
      const { namespace = '*', resource } = resourceAttributes as { namespace?: string; resource: string };
      return { allowed: allows(namespace, resource) };
    };
    const namespaces = () => ['weddings', 'parties'];
    return new AccessReviews({ client: reviewer(answer), clock, report, namespaces });
  }

  it('shows everything to who may list all of it everywhere, with one review per kind', async () => {
    const sight = await accessOf(() => true).sightOf(user);
    expect(sight.sees('any')).toBe(true);
    expect(asked).toHaveLength(6);
    expect(asked[0]).toMatchObject({ user: 'ann', groups: ['crew'] });
    expect(asked[0]).not.toHaveProperty('username');
  });

  it('shows a namespace only to who may list every kind of it', async () => {
    const sight = await accessOf(
      (namespace, resource) =>
        namespace === 'weddings' || (namespace === 'parties' && resource !== 'weddings'),
    ).sightOf(user);
    expect([sight.sees('weddings'), sight.sees('parties'), sight.sees('other')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('refuses who may see nothing, and says what is missing', async () => {
    await expect(accessOf(() => false).sightOf(user)).rejects.toMatchObject({
      code: 403,
      message: expect.stringContaining('ann may not list presenceclusters, weddings'),
    });
  });

  it('follows rights within a minute', async () => {
    let isAllowed = true;
    const access = accessOf(() => isAllowed);
    await access.sightOf(user);
    isAllowed = false;
    expect((await access.sightOf(user)).sees('weddings')).toBe(true);
    await clock.advance(ACCESS_KEPT_MS);
    await expect(access.sightOf(user)).rejects.toMatchObject({ code: 403 });
  });

  it.each([
    ['name', { ...user, username: 'bob' }],
    ['uid', { ...user, uid: '7' }],
    ['groups', { ...user, groups: ['crew', 'guests'] }],
    ['extra', { ...user, extra: { scopes: ['read'] } }],
    ['value of extra', { ...user, extra: { scopes: ['write'] } }],
  ])('asks for itself about a user with another %s', async (_, other) => {
    const access = accessOf(() => true);
    await access.sightOf(user);
    await access.sightOf({ ...user, extra: { scopes: ['none'] } });
    const before = asked.length;
    await access.sightOf(other);
    expect(asked.length).toBeGreaterThan(before);
    const { username, ...rest } = other;
    expect(asked.at(-1)).toMatchObject({ user: username, ...rest });
    await access.sightOf(user);
    expect(asked.length).toBe(before + 6);
  });

  it('asks for some namespaces of a viewer at a time, and for no more after a failure', async () => {
    const namespaces = Array.from({ length: 200 }, (_, index) => `ns-${index}`);
    let [atOnce, most, calls] = [0, 0, 0];
    const client = {
      create: async <T extends KubeObject>(object: T): Promise<T> => {
        calls += 1;
        most = Math.max(most, ++atOnce);
        await Promise.resolve();
        atOnce -= 1;
        if (calls > 50) throw new Error('connection refused');
        const { resourceAttributes } = object.spec as { resourceAttributes: { namespace?: string } };
        return { ...object, status: { allowed: resourceAttributes.namespace !== undefined } };
      },
    };
    const access = new AccessReviews({ client, clock, report, namespaces: () => namespaces });
    await expect(access.sightOf(user)).rejects.toMatchObject({
      code: 503,
      message: expect.stringContaining('log of the dashboard'),
    });
    expect(most).toBe(4);
    expect(calls).toBeLessThan(60);
    expect(failures[0]).toBe('SubjectAccessReview: connection refused');
  });
});
