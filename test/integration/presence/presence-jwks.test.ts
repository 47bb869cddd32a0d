import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { ShiftedClock } from '../../support/shifted-clock.ts';
import { eventually, startPod } from './presence-pods.ts';
import { RawClient } from './raw-client.ts';

/** Nobody listens there, and nobody has to: who a client is does not depend on Redis. */
const NO_REDIS = ['127.0.0.1:1'];
const SECOND_MS = 1_000;

interface Signer {
  readonly jwk: JWK;
  /** Each token is another one, so that none is known from before. */
  token(): Promise<string>;
}

async function createSigner(kid: string): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  let count = 0;
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256' },
    token: () =>
      new SignJWT({ role: 'planner', weddings: ['ada'] })
        .setProtectedHeader({ alg: 'ES256', kid })
        .setSubject(`${kid}-${++count}`)
        .setExpirationTime('1h')
        .sign(privateKey),
  };
}

describe('a presence server with a JWKS URL', () => {
  let keys: JWK[] | 'away';
  let requests: number;
  let identityProvider: Server;
  let clock: ShiftedClock;
  let pod: PresenceServer;

  beforeEach(async () => {
    requests = 0;
    identityProvider = createServer((_, response) => {
      requests++;
      if (keys === 'away') response.writeHead(503).end();
      else response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
    });
    identityProvider.listen(0, '127.0.0.1');
    await once(identityProvider, 'listening');
    const { port } = identityProvider.address() as AddressInfo;
    // Half a minute is counted here, to the second.
    clock = new ShiftedClock(0, { stands: true });
    const auth = {
      PRESENCE_JWT_SECRET: '',
      PRESENCE_JWKS_URL: `http://127.0.0.1:${port}/keys`,
      PRESENCE_ALLOW_HTTP_JWKS_URL: 'on',
    };
    pod = await startPod(NO_REDIS, { ...auth, PRESENCE_DRAIN_SECONDS: '0' }, clock);
  });

  afterEach(async () => {
    await pod.drain();
    identityProvider.closeAllConnections();
    await new Promise((closed) => identityProvider.close(closed));
  });

  /** `welcome`, or the code with which the server refuses. */
  const tryToken = async (token: string): Promise<string> => {
    const client = new RawClient(pod.port, token);
    const [first] = await eventually(
      () => client.received,
      (received) => received.length > 0,
    );
    await client.close();
    return first?.type === 'error' ? first.code : (first?.type ?? '');
  };

  it('believes a token for less than a minute after its key has left the set', async () => {
    const [leaving, staying] = await Promise.all([createSigner('leaving'), createSigner('staying')]);
    keys = [leaving.jwk, staying.jwk];
    const [known, other] = await Promise.all([leaving.token(), staying.token()]);
    expect(await tryToken(other)).toBe('welcome');
    // The worst case: the key leaves right after it was fetched, and a token comes right before it is looked for again.
    keys = [staying.jwk];
    clock.pass(29 * SECOND_MS);
    expect(await tryToken(known)).toBe('welcome');
    expect(requests).toBe(1);
    clock.pass(SECOND_MS);
    expect(await tryToken(await leaving.token())).toBe('unauthorized');
    expect(requests).toBe(2);
    // Verified 20 s ago, and not looked at again.
    clock.pass(19 * SECOND_MS);
    expect(await tryToken(known)).toBe('welcome');
    clock.pass(11 * SECOND_MS);
    expect(await tryToken(known)).toBe('unauthorized');
    expect(await tryToken(other)).toBe('welcome');
  });

  it('takes a new key within half a minute, and goes on with the keys it has while the URL does not answer', async () => {
    const [first, second] = await Promise.all([createSigner('first'), createSigner('second')]);
    keys = [first.jwk];
    expect(await tryToken(await first.token())).toBe('welcome');
    keys = [first.jwk, second.jwk];
    clock.pass(30 * SECOND_MS);
    expect(await tryToken(await second.token())).toBe('welcome');
    keys = 'away';
    for (let minute = 0; minute < 3; minute++) {
      clock.pass(60 * SECOND_MS);
      expect(await tryToken(await first.token())).toBe('welcome');
    }
    keys = [second.jwk];
    clock.pass(60 * SECOND_MS);
    expect(await tryToken(await first.token())).toBe('unauthorized');
    expect(await tryToken(await second.token())).toBe('welcome');
  });
});
