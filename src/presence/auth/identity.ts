import { errors, type JWTVerifyOptions, jwtVerify } from 'jose';
import * as z from 'zod';
import type { ErrorCode } from '../../api/protocol/codes.ts';
import { WEDDING_ID_PATTERN } from '../../api/protocol/limits.ts';
import { ROLES, type Role } from '../../api/protocol/roles.ts';
import { isWholeText } from '../../api/protocol/whole-text.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { AuthConfig } from '../config/config.ts';
import { remoteKeySet } from './key-set.ts';

/** The person of a token, and what it allows. */
export interface Identity {
  readonly user: string;
  readonly name?: string;
  readonly role: Role;
  /** A list, not a set: it is nearly always short, kept for each connection, and read only on a join. */
  readonly weddings: readonly string[];
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** Milliseconds since 1970; undefined when the token does not say. */
  readonly issuedAt?: number;
}

/** A token that was not accepted. The message is safe to show to its owner. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  readonly code: Extract<ErrorCode, 'unauthorized' | 'token_expired' | 'revoked' | 'internal'>;

  constructor(code: TokenRefused['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** Checks a token. Rejects with TokenRefused. */
export type VerifyToken = (token: string | undefined) => Promise<Identity>;

export interface VerifierOptions {
  readonly auth: AuthConfig;
  /** Required `iss`; undefined: any. */
  readonly issuer?: string;
  /** Accepted `aud`; empty: any. */
  readonly audiences: readonly string[];
  /** Longest life of a token, from `iat` (or from now) to `exp`. */
  readonly maxTokenLifetimeMs: number;
  readonly clock: Clock;
}

/** Weddings one token may name: a planner's whole season fits, a token of megabytes does not. */
export const MAX_WEDDINGS_IN_TOKEN = 512;
/**
 * Two machines set by NTP differ by less. One tolerance for every use of a token: its check, the end of its connections, and
 * how long it is cached. With two, a token between them would be accepted and ended by turns.
 */
export const CLOCK_TOLERANCE_MS = 5_000;
/** Signatures with a public key only: with HS256 the published key itself would be the secret. */
const PUBLIC_KEY_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'EdDSA',
];

/** Error codes of jose for a JWKS URL that did not answer, not with 200, or not with a key set. */
const KEYS_UNAVAILABLE: ReadonlySet<string> = new Set([
  'ERR_JOSE_GENERIC',
  'ERR_JWKS_TIMEOUT',
  'ERR_JWKS_INVALID',
]);

const claims = z.object({
  sub: z.string().min(1).max(128).refine(isWholeText),
  // For people only: a cut emoji in it must not keep anybody out.
  name: z
    .string()
    .min(1)
    .max(128)
    .transform((text) => text.toWellFormed())
    .optional(),
  role: z.enum(ROLES),
  weddings: z.array(z.string().regex(WEDDING_ID_PATTERN)).max(MAX_WEDDINGS_IN_TOKEN),
  exp: z.number(),
  iat: z.number().optional(),
});

/** When a token no longer counts, in milliseconds since 1970: `expiresAt` and the tolerance for clocks that differ. */
export function endOf({ expiresAt }: Pick<Identity, 'expiresAt'>): number {
  return expiresAt + CLOCK_TOLERANCE_MS;
}

/** Makes the check for a shared secret (HS256) or for the keys of a JWKS URL. */
export function createVerifier(options: VerifierOptions): VerifyToken {
  const { auth } = options;
  const common: JWTVerifyOptions = {
    requiredClaims: ['sub', 'exp'],
    clockTolerance: CLOCK_TOLERANCE_MS / 1_000,
    ...(options.issuer === undefined ? {} : { issuer: options.issuer }),
    ...(options.audiences.length === 0 ? {} : { audience: [...options.audiences] }),
  };
  const keys = auth.kind === 'jwks' ? remoteKeySet(auth.url, options.clock) : undefined;
  return async (token) => {
    if (token === undefined || token === '') throw new TokenRefused('unauthorized', 'there is no token');
    const rules = { ...common, currentDate: options.clock.now() };
    try {
      const { payload } =
        auth.kind === 'secret'
          ? await jwtVerify(token, auth.secret, { ...rules, algorithms: ['HS256'] })
          : await jwtVerify(token, keys as NonNullable<typeof keys>, {
              ...rules,
              algorithms: PUBLIC_KEY_ALGORITHMS,
            });
      return identityOf(payload, options.clock.now().getTime(), options.maxTokenLifetimeMs);
    } catch (error) {
      throw refusalOf(error);
    }
  };
}

function identityOf(payload: unknown, nowMs: number, maxLifetimeMs: number): Identity {
  const parsed = claims.safeParse(payload);
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => issue.path[0]).join(', ');
    throw new TokenRefused('unauthorized', `these claims of the token are missing or wrong: ${fields}`);
  }
  const { sub, name, role, weddings, exp, iat } = parsed.data;
  // Without an iat, or with one in the future, the rest of its life counts.
  const from = Math.min(iat === undefined ? nowMs : iat * 1_000, nowMs);
  if (exp * 1_000 - from > maxLifetimeMs + CLOCK_TOLERANCE_MS) {
    const most = Math.round(maxLifetimeMs / 1_000);
    throw new TokenRefused(
      'unauthorized',
      `the token lives too long: at most ${most} s from iat (or now) to exp`,
    );
  }
  return {
    user: sub,
    ...(name === undefined ? {} : { name }),
    role,
    weddings,
    expiresAt: exp * 1_000,
    ...(iat === undefined ? {} : { issuedAt: iat * 1_000 }),
  };
}

function refusalOf(error: unknown): TokenRefused {
  if (error instanceof TokenRefused) return error;
  if (error instanceof errors.JWTExpired) return new TokenRefused('token_expired', 'the token has expired');
  if (!(error instanceof errors.JOSEError) || KEYS_UNAVAILABLE.has(error.code)) {
    return new TokenRefused('internal', 'the keys that check the token cannot be had at the moment');
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return new TokenRefused('unauthorized', `the claim ${error.claim} of the token is missing or wrong`);
  }
  return new TokenRefused('unauthorized', 'the token does not verify');
}
