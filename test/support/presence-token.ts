import { SignJWT } from 'jose';
import type { Role } from '../../src/api/protocol/roles.ts';

const VALID_FOR = '2h';

/** A token as the application of a crew would make it. */
export function presenceToken(key: string, user: string, role: Role, weddings: string[]): Promise<string> {
  return new SignJWT({ name: user, role, weddings })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setIssuedAt()
    .setExpirationTime(VALID_FOR)
    .sign(new TextEncoder().encode(key));
}
