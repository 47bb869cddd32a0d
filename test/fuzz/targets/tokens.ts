import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { type Clock, systemClock } from '../../../src/platform/runtime/clock.ts';
import {
  createVerifier,
  MAX_WEDDINGS_IN_TOKEN,
  TokenRefused,
  type VerifyToken,
} from '../../../src/presence/auth/identity.ts';
import { type FuzzTarget, promise } from '../fuzz-target.ts';

const SECRET = new TextEncoder().encode('0123456789abcdef0123456789abcdef');
const NOW_MS = Date.parse('2027-06-05T12:00:00Z');
/** It stands, so that the same claims always mean the same. */
const CLOCK: Clock = { ...systemClock, now: () => new Date(NOW_MS) };
const RULES = {
  issuer: 'https://id.example',
  audiences: ['presence'],
  maxTokenLifetimeMs: 86_400_000,
  clock: CLOCK,
};
const LATER = NOW_MS / 1_000 + 3_600;
const CLAIMS = {
  sub: 'ada',
  name: 'Ada',
  role: 'planner',
  weddings: ['ada-and-grace'],
  exp: LATER,
  iat: LATER - 3_600,
  iss: RULES.issuer,
  aud: 'presence',
};
const WORDS = [
  'sub',
  'name',
  'role',
  'weddings',
  'exp',
  'iat',
  'nbf',
  'iss',
  'aud',
  'planner',
  'alg',
  'none',
  'HS256',
  'kid',
  'crit',
  'b64',
  'jwk',
  'eyJ',
  '.',
  '..',
  '=',
  '-',
  'keys',
  'kty',
  'crv',
  'EC',
  'RSA',
  'oct',
  'use',
];

/** An identity keeps its promises; a refusal is one that its owner may read. */
async function check(verify: VerifyToken, token: string): Promise<void> {
  try {
    const identity = await verify(token);
    promise(identity.user.length > 0 && identity.user.length <= 128, 'a user has a name of bounded length');
    promise(identity.weddings.length <= MAX_WEDDINGS_IN_TOKEN, 'the weddings are bounded');
    promise(identity.expiresAt > NOW_MS - 10_000, `it ended at ${identity.expiresAt}`);
    promise(identity.expiresAt < NOW_MS + RULES.maxTokenLifetimeMs + 10_000, 'it lives too long');
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
  }
}

/** A token that says it is signed. A changed one is never accepted, but for the same bytes written otherwise. */
export async function openTokens(): Promise<FuzzTarget> {
  const verify = createVerifier({ ...RULES, auth: { kind: 'secret', secret: SECRET } });
  const good = await new SignJWT(CLAIMS).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(SECRET);
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${good.split('.')[1]}.`;
  return {
    seeds: [good, none, `${good}.${good}`],
    words: WORDS,
    async run(input) {
      const token = Buffer.from(input).toString();
      const accepted = await verify(token).then(
        () => true,
        (error: unknown) => {
          if (!(error instanceof TokenRefused)) throw error;
          return false;
        },
      );
      promise(
        !accepted || bytesOf(token) === bytesOf(good),
        `a token that nobody signed is accepted: ${token}`,
      );
    },
  };
}

function bytesOf(token: string): string {
  return token
    .split('.')
    .map((part) => Buffer.from(part, 'base64url').toString('hex'))
    .join('.');
}

/** Claims that are signed as they are: what the issuer of a crew may put into a token by mistake. */
export function openClaims(): FuzzTarget {
  const verify = createVerifier({ ...RULES, auth: { kind: 'secret', secret: SECRET } });
  return {
    seeds: [JSON.stringify(CLAIMS), JSON.stringify({ ...CLAIMS, weddings: ['a', 'b', 'c'] })],
    words: WORDS,
    async run(input) {
      await check(verify, await signed(input));
    },
  };
}

async function signed(payload: Uint8Array): Promise<string> {
  const header = Buffer.from('{"alg":"HS256"}').toString('base64url');
  const data = `${header}.${Buffer.from(payload).toString('base64url')}`;
  const key = await crypto.subtle.importKey('raw', SECRET, { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ]);
  const signature = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(data));
  return `${data}.${Buffer.from(signature).toString('base64url')}`;
}

/** The answer of a JWKS URL, fetched as servers fetch it, and a token that one of its keys has signed. */
export async function openKeySets(): Promise<FuzzTarget> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
  const token = await new SignJWT(CLAIMS).setProtectedHeader({ alg: 'ES256', kid: 'one' }).sign(privateKey);
  let answer: Uint8Array = Buffer.alloc(0);
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`);
  return {
    seeds: [JSON.stringify({ keys: [jwk] }), JSON.stringify({ keys: [{ kty: 'oct', k: 'AAAA' }, jwk] })],
    words: WORDS,
    async run(input) {
      answer = input;
      // A verifier of its own: it keeps what it has fetched.
      await check(createVerifier({ ...RULES, auth: { kind: 'jwks', url } }), token);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
