import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import type { KubeObject } from '../platform/kube/resource.ts';
import { ACCESS_KEPT_MS, AccessReviews } from './access-reviews.ts';
import { DASHBOARD_AUDIENCE, TOKEN_KEPT_MS, TokenReviews } from './token-reviews.ts';

type Answer = (spec: Record<string, unknown>) => unknown;

let clock: ManualClock;
let asked: Record<string, unknown>[];

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

beforeEach(() => {
  clock = new ManualClock('2027-06-05T17:00:00Z');
  asked = [];
});

describe('TokenReviews', () => {
  it('asks once per minute for a token, however many look with it', async () => {
    const tokens = new TokenReviews(
      reviewer(() => ({ authenticated: true, user: { username: 'ann' } })),
      clock,
    );
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
    const tokens = new TokenReviews(
      reviewer((spec) => ({ authenticated: isForUs(spec), user, audiences: [DASHBOARD_AUDIENCE] })),
      clock,
    );
    expect(await tokens.userOf('t')).toEqual(user);
    // An API server that knows no audiences.
    const old = new TokenReviews(
      reviewer((spec) => ({ authenticated: isForUs(spec), user })),
      clock,
    );
    await expect(old.userOf('t')).rejects.toMatchObject({ code: 401 });
  });

  it('forgets a refusal soon, and a token that has ended after a minute', async () => {
    let isValid = true;
    const answer = () => ({ authenticated: isValid, user: { username: 'ann' } });
    const tokens = new TokenReviews(reviewer(answer), clock);
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
    const tokens = new TokenReviews(reviewer(answer), clock);
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
    await expect(new TokenReviews(broken, clock).userOf('t')).rejects.toMatchObject({
      code: 503,
      message: expect.stringContaining('connection refused'),
    });
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
    return new AccessReviews({ client: reviewer(answer), clock, namespaces: () => ['weddings', 'parties'] });
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
});
