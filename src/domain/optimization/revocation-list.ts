import type { DISCONNECTED_TOKENS } from '../../api/v1alpha1/presence-optimization.ts';
import { formatInstant } from '../calendar/instant.ts';

/** Key of the ConfigMap with the weddings, and the file name where presence pods mount it. */
export const REVOCATIONS_FILE = 'revocations.json';

/** Metric of a presence pod by which it tells that it has taken a revocation over, and what it has ended for it. */
export const REVOCATION_METRIC = 'presence_revocation_ended_connections';

/** In one PresenceCluster at a time. The ConfigMap holds 1 MiB, most of which may be weddings; one of these takes at most 1.1 kB. */
export const MAX_REVOCATIONS = 128;

/** A person whom the presence pods refuse for a time. */
export interface Revocation {
  /** The PresenceOptimization that asks for it, by uid. */
  readonly request: string;
  /** Claim `sub` of the tokens. */
  readonly subject: string;
  /** Only this wedding; undefined: everything. */
  readonly wedding?: string | undefined;
  readonly tokens: (typeof DISCONNECTED_TOKENS)[number];
  /** When it was asked for, in milliseconds since 1970. */
  readonly from: number;
  /** In milliseconds since 1970. */
  readonly until: number;
}

/** The content of the file. The same revocations give the same text, in whatever order they come. */
export function revocationsText(revocations: readonly Revocation[]): string {
  const inOrder = revocations.toSorted((a, b) => (a.request < b.request ? -1 : 1)).slice(0, MAX_REVOCATIONS);
  return JSON.stringify({
    revocations: inOrder.map(({ request, subject, wedding, tokens, from, until }) => ({
      request,
      subject,
      wedding,
      tokens,
      from: formatInstant(from),
      until: formatInstant(until),
    })),
  });
}
