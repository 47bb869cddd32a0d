import type { PresenceCluster } from '../api/v1alpha1/kinds.ts';
import { type PresenceClusterSpec, presenceClusterSpec } from '../api/v1alpha1/presence-cluster.ts';
import { acceptSpec } from '../domain/autoscaling/accept.ts';
import { nameOf } from './inventory.ts';

/** No spec of a PresenceCluster was ever accepted: nothing can be computed for it. */
export class SpecNotAccepted extends Error {}

/**
 * The spec that decides: the object's own, or the last accepted one when the operator serves that.
 *
 * @throws {SpecNotAccepted} with the reason when there is neither
 */
export function decidingSpec(presenceCluster: PresenceCluster): {
  spec: PresenceClusterSpec;
  note?: string;
} {
  const own = acceptSpec(presenceCluster.spec);
  if (own.accepted) return { spec: presenceCluster.spec };
  const refusal = `PresenceCluster ${nameOf(presenceCluster)} is not accepted: ${own.reason}: ${own.message}`;
  const last = presenceClusterSpec.safeParse(presenceCluster.status?.acceptedSpec);
  if (!last.success || !acceptSpec(last.data).accepted) throw new SpecNotAccepted(refusal);
  return { spec: last.data, note: `${refusal}; the last accepted spec is shown` };
}
