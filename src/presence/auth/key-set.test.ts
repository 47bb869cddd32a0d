import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { afterEach, expect, it, vi } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { remoteKeySet } from './key-set.ts';

const MINUTE_MS = 60_000;

afterEach(() => void vi.useRealTimers());

it('goes on with the keys that it has for 10 minutes while the URL does not answer, and no longer', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' };
  let isAway = false;
  const provider = createServer((_, response) => {
    if (isAway) response.writeHead(503).end();
    else response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }));
  });
  provider.listen(0, '127.0.0.1');
  await once(provider, 'listening');
  try {
    // jose counts by the clock of the machine, we by ours.
    vi.useFakeTimers({ toFake: ['Date'] });
    const clock = new ManualClock();
    const keys = remoteKeySet(
      new URL(`http://127.0.0.1:${(provider.address() as AddressInfo).port}/`),
      clock,
    );
    const token = await new SignJWT({}).setProtectedHeader({ alg: 'ES256', kid: 'k' }).sign(privateKey);
    const verified = () =>
      jwtVerify(token, keys).then(
        () => 'verified',
        (error: Error) => error.message,
      );
    const pass = async (ms: number) => {
      vi.setSystemTime(Date.now() + ms);
      await clock.advance(ms);
    };
    expect(await verified()).toBe('verified');
    isAway = true;
    await pass(10 * MINUTE_MS - 1_000);
    expect(await verified()).toBe('verified');
    await pass(2_000);
    expect(await verified()).toMatch(/200 OK/);
    isAway = false;
    await pass(MINUTE_MS);
    expect(await verified()).toBe('verified');
  } finally {
    provider.closeAllConnections();
    await new Promise((closed) => provider.close(closed));
  }
});
