import * as z from 'zod';
import type { PRESENCE_CLUSTER_CONDITIONS } from '../../api/v1alpha1/conditions.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { type PresenceClusterSpec, presenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { acceptSpec } from '../../domain/autoscaling/accept.ts';
import { freezeRemarks } from '../../domain/freeze/accept-freeze.ts';

export interface Acceptance {
  accepted: boolean;
  reason: keyof typeof PRESENCE_CLUSTER_CONDITIONS.Accepted.reasons;
  message: string;
  /** The spec to serve: this one, or the last that was accepted, or none. */
  serving: PresenceClusterSpec | undefined;
}

/** 32 windows that all overlap have more to say than anybody reads. */
const MAX_MESSAGE = 1024;

/** Which spec serves. A spec that is not understood never replaces one that was. */
export function acceptance(cluster: PresenceCluster): Acceptance {
  const parsed = presenceClusterSpec.safeParse(cluster.spec);
  const lastGood = presenceClusterSpec.safeParse(cluster.status?.acceptedSpec);
  const fallback = lastGood.success ? lastGood.data : undefined;
  if (!parsed.success) return refuse('Invalid', z.prettifyError(parsed.error), fallback);
  const verdict = acceptSpec(parsed.data);
  if (!verdict.accepted) return refuse(verdict.reason, verdict.message, fallback);
  const message = ['The spec is in use.', ...freezeRemarks(parsed.data).map((remark) => `${remark}.`)]
    .join(' ')
    .slice(0, MAX_MESSAGE);
  return { accepted: true, reason: 'Accepted', message, serving: parsed.data };
}

function refuse(
  reason: Acceptance['reason'],
  message: string,
  serving: PresenceClusterSpec | undefined,
): Acceptance {
  const consequence = serving
    ? 'the last accepted spec goes on serving'
    : 'nothing is made until it is corrected';
  return { accepted: false, reason, message: `${message}; ${consequence}`, serving };
}
