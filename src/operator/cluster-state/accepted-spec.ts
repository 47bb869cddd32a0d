import * as z from 'zod';
import type { PRESENCE_CLUSTER_CONDITIONS } from '../../api/v1alpha1/conditions.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { type PresenceClusterSpec, presenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { acceptSpec } from '../../domain/autoscaling/accept.ts';
import { endedWindowRemarks, freezeRemarks } from '../../domain/freeze/accept-freeze.ts';

export interface Acceptance {
  accepted: boolean;
  reason: keyof typeof PRESENCE_CLUSTER_CONDITIONS.Accepted.reasons;
  message: string;
  /** The spec to serve: this one, or the last that was accepted, or none. */
  serving: PresenceClusterSpec | undefined;
}

/** Limit of the schema; 32 windows that all overlap make a longer message. */
const MAX_MESSAGE = 1024;

/** Which spec is in use. An invalid spec never replaces a valid one. */
export function acceptance(cluster: PresenceCluster): Acceptance {
  const parsed = presenceClusterSpec.safeParse(cluster.spec);
  const lastGood = presenceClusterSpec.safeParse(cluster.status?.acceptedSpec);
  const fallback = lastGood.success ? lastGood.data : undefined;
  if (!parsed.success) return refuse('Invalid', z.prettifyError(parsed.error), fallback);
  const verdict = acceptSpec(parsed.data);
  if (!verdict.accepted) return refuse(verdict.reason, verdict.message, fallback);
  const message = withRemarks('The spec is in use.', freezeRemarks(parsed.data));
  return { accepted: true, reason: 'Accepted', message, serving: parsed.data };
}

/** Names the freeze windows that never open any more; a window of the wrong year is one. */
export function withEndedWindows(verdict: Acceptance, now: Date): Acceptance {
  const { accepted, serving, message } = verdict;
  if (!accepted || serving === undefined) return verdict;
  return { ...verdict, message: withRemarks(message, endedWindowRemarks(serving, now)) };
}

function withRemarks(message: string, remarks: readonly string[]): string {
  return [message, ...remarks.map((remark) => `${remark}.`)].join(' ').slice(0, MAX_MESSAGE);
}

function refuse(
  reason: Acceptance['reason'],
  message: string,
  serving: PresenceClusterSpec | undefined,
): Acceptance {
  const consequence = serving
    ? 'the last accepted spec remains in use'
    : 'nothing is created until the spec is corrected';
  return { accepted: false, reason, message: `${message}; ${consequence}`, serving };
}
