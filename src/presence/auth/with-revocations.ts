import { TokenRefused, type VerifyToken } from './identity.ts';
import { type Revocations, revokedMessage } from './revocations.ts';

/** A check that also refuses people whose access has been ended for a time. */
export function withRevocations(revocations: Revocations, verify: VerifyToken): VerifyToken {
  return async (token) => {
    const identity = await verify(token);
    const revocation = revocations.find(identity);
    if (revocation !== undefined) throw new TokenRefused('revoked', revokedMessage(revocation));
    return identity;
  };
}
