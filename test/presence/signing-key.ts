import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SignJWT } from 'jose';
import { outDirectory } from '../cluster/paths.ts';

/** Where the key is that signs the tokens of `npm run presence`; made once and kept. */
export const keyFile = path.join(outDirectory, 'presence/signing-key');
const KEY_BYTES = 32;
/** The longest that a server takes by default. */
const VALID_FOR = '24h';

export function signingKey(): string {
  if (!existsSync(keyFile)) {
    mkdirSync(path.dirname(keyFile), { recursive: true });
    writeFileSync(keyFile, `${randomBytes(KEY_BYTES).toString('hex')}\n`, { mode: 0o600 });
  }
  return readFileSync(keyFile, 'utf8').trim();
}

/** A token of a planner, who may do everything that the protocol has. */
export function readyToken(key: string, user: string, weddings: readonly string[]): Promise<string> {
  return new SignJWT({ name: user, role: 'planner', weddings })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setIssuedAt()
    .setExpirationTime(VALID_FOR)
    .sign(new TextEncoder().encode(key));
}
