import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from '../../dashboard-feed/refusal.ts';
import { EVERYTHING, type Gate } from '../../dashboard-feed/viewer.ts';
import { CliFailure } from '../context/failure.ts';

export const LOOPBACK = '127.0.0.1';

/**
 * Another name for this address comes from a foreign page whose name was pointed here (DNS rebinding).
 *
 * @throws {Refusal}
 */
export function checkLoopbackHost(host: string | undefined, port: number): void {
  if (host === `${LOOPBACK}:${port}` || host === `localhost:${port}`) return;
  throw new Refusal(403, `open http://${LOOPBACK}:${port}: other names are refused`);
}

/**
 * Other users of the machine reach the port as well: only who has the address with its token may look.
 *
 * @throws {Refusal}
 */
export function checkLocalToken({ authorization = '' }: IncomingHttpHeaders, token: string): void {
  const given = Buffer.from(authorization);
  const wanted = Buffer.from(`Bearer ${token}`);
  if (given.length === wanted.length && timingSafeEqual(given, wanted)) return;
  throw new Refusal(
    401,
    'the token is missing or wrong: open the address that kubectl presence dashboard printed',
  );
}

/** A viewer with the token sees what the kubeconfig may see. */
export function localGate(token: string): Gate {
  return {
    admit: async ({ headers }) => {
      checkLocalToken(headers, token);
      return { id: 'user', sight: EVERYTHING };
    },
  };
}

/** @throws {CliFailure} that names the option, when the port cannot be had */
export async function startOn(port: number, start: () => Promise<number>): Promise<number> {
  try {
    return await start();
  } catch (error) {
    throw new CliFailure(`--port ${port}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
