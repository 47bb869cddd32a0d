import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { createVerifier, TokenRefused } from './identity.ts';

const secret = new TextEncoder().encode('s'.repeat(32));
const clock = new ManualClock('2027-06-05T12:00:00Z');
const now = clock.now().getTime() / 1_000;
const DAY_SECONDS = 86_400;
const DEFAULTS = { audiences: [], maxTokenLifetimeMs: DAY_SECONDS * 1_000 };
const claims = { sub: 'ann', role: 'planner', weddings: ['ada'], exp: now + 60 };

function sign(
  payload: object,
  key: Parameters<SignJWT['sign']>[0] = secret,
  header: object = { alg: 'HS256' },
) {
  return new SignJWT({ ...payload }).setProtectedHeader({ alg: 'HS256', ...header }).sign(key);
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'accepted',
    (error: unknown) => (error instanceof TokenRefused ? error.code : String(error)),
  );
}

describe('a verifier with a shared secret', () => {
  const verify = createVerifier({ ...DEFAULTS, auth: { kind: 'secret', secret }, clock });

  it('gives who the token is for, and until when', async () => {
    expect(await verify(await sign({ ...claims, name: 'Ann' }))).toEqual({
      user: 'ann',
      name: 'Ann',
      role: 'planner',
      weddings: ['ada'],
      expiresAt: (now + 60) * 1_000,
    });
  });

  it('makes a name that was cut in the middle of an emoji whole', async () => {
    const { name } = await verify(await sign({ ...claims, name: 'Ann \ud83c' }));
    expect(name).toBe('Ann \ufffd');
  });

  it.each([
    ['expired', { exp: now - 6 }, 'token_expired'],
    ['expired, but within what clocks differ', { exp: now - 4 }, 'accepted'],
    ['without an end', { exp: undefined }, 'unauthorized'],
    ['without a person', { sub: undefined }, 'unauthorized'],
    ['of a person with half of a surrogate pair', { sub: '\ud83c' }, 'unauthorized'],
    ['of an unknown role', { role: 'guest' }, 'unauthorized'],
    ['without weddings', { weddings: undefined }, 'unauthorized'],
    ['not valid yet', { nbf: now + 60 }, 'unauthorized'],
    ['good for a day', { iat: now, exp: now + DAY_SECONDS }, 'accepted'],
    [
      'good for a day, of a clock that is a bit ahead',
      { iat: now + 4, exp: now + DAY_SECONDS + 4 },
      'accepted',
    ],
    ['good for two days', { iat: now, exp: now + 2 * DAY_SECONDS }, 'unauthorized'],
    [
      'good for two days, of which the first is over',
      { iat: now - DAY_SECONDS, exp: now + DAY_SECONDS - 60 },
      'unauthorized',
    ],
    ['good for two days, and says nothing of its beginning', { exp: now + 2 * DAY_SECONDS }, 'unauthorized'],
    [
      'good for two days, from tomorrow on',
      { iat: now + DAY_SECONDS, exp: now + 2 * DAY_SECONDS },
      'unauthorized',
    ],
  ])('judges a token that is %s', async (_, change, code) => {
    expect(await codeOf(verify(await sign({ ...claims, ...change })))).toBe(code);
  });

  it('checks the issuer, and that one of the audiences is in the token, when they are configured', async () => {
    const strict = createVerifier({
      auth: { kind: 'secret', secret },
      clock,
      issuer: 'us',
      audiences: ['presence', 'crew'],
      maxTokenLifetimeMs: DEFAULTS.maxTokenLifetimeMs,
    });
    expect(await codeOf(strict(await sign(claims)))).toBe('unauthorized');
    expect(await codeOf(strict(await sign({ ...claims, iss: 'us', aud: 'billing' })))).toBe('unauthorized');
    expect(await codeOf(strict(await sign({ ...claims, iss: 'them', aud: 'crew' })))).toBe('unauthorized');
    expect(await codeOf(strict(await sign({ ...claims, iss: 'us', aud: 'presence' })))).toBe('accepted');
    expect(await codeOf(strict(await sign({ ...claims, iss: 'us', aud: ['billing', 'crew'] })))).toBe(
      'accepted',
    );
  });
});

describe('a verifier with a JWKS URL', () => {
  let respond: (() => string) | undefined;
  const server = createServer((_, response) => {
    if (respond === undefined) response.writeHead(500).end();
    else response.setHeader('content-type', 'application/json').end(respond());
  });
  beforeEach(async () => new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening)));
  afterEach(async () => new Promise((closed) => server.close(closed)));
  const verifier = () =>
    createVerifier({
      ...DEFAULTS,
      auth: { kind: 'jwks', url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`) },
      clock,
    });

  it('takes the keys of the set, and none that are published but shared (HS256)', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' };
    const oct = { kty: 'oct', kid: 'k2', k: Buffer.from(secret).toString('base64url') };
    respond = () => JSON.stringify({ keys: [jwk, oct] });
    const verify = verifier();
    expect(await codeOf(verify(await sign(claims, privateKey, { alg: 'ES256', kid: 'k1' })))).toBe(
      'accepted',
    );
    expect(await codeOf(verify(await sign(claims, secret, { kid: 'k2' })))).toBe('unauthorized');
    expect(await codeOf(verify(await sign(claims, privateKey, { alg: 'ES256', kid: 'k3' })))).toBe(
      'unauthorized',
    );
  });

  it('says that it is its own fault when the keys cannot be had', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    respond = undefined;
    expect(await codeOf(verifier()(await sign(claims, privateKey, { alg: 'ES256', kid: 'k1' })))).toBe(
      'internal',
    );
  });
});
