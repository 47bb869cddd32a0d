import type { PresenceClusterStatus } from '../../../api/v1alpha1/presence-cluster-status.ts';
import { canonicalJson } from '../../../domain/resources/canonical-json.ts';

/**
 * Whether a change of status may be shown a second later: it is one of conditions, or of pods and Redis as they are seen. What another
 * process or a new leader goes on from may not wait; pure.
 */
export function mayWait(status: PresenceClusterStatus, before: PresenceClusterStatus | undefined): boolean {
  return before !== undefined && canonicalJson(pressing(status)) === canonicalJson(pressing(before));
}

/** What is written at once. */
function pressing(status: PresenceClusterStatus): object {
  const { observedAt: _, observedEverySeconds: __, conditions: ___, presence: ____, redis, ...rest } = status;
  return {
    ...rest,
    lastFailover: redis?.lastFailover ?? null,
    lastDataLoss: redis?.lastDataLoss ?? null,
  };
}
