import type { Condition } from '../api/schema/fields.ts';
import type { PresenceCluster } from '../api/v1alpha1/kinds.ts';
import type { PresenceClusterStatus } from '../api/v1alpha1/presence-cluster-status.ts';

/** What `status` prints as JSON: the status that the operator wrote, in the order in which it is read. */
export interface StatusReport {
  name: string;
  namespace: string;
  /** When the operator last confirmed all of this. */
  observedAt?: string;
  /** It did not confirm it for much longer than it should: the status may be out of date. */
  isStale: boolean;
  conditions: Condition[];
  fleet: { desired?: number; floor?: number; replicas?: number; readyReplicas?: number; because?: string };
  redis: Partial<Omit<NonNullable<PresenceClusterStatus['redis']>, 'shards'>>;
  shards: NonNullable<PresenceClusterStatus['redis']>['shards'];
  freeze?: PresenceClusterStatus['freeze'];
  held: NonNullable<PresenceClusterStatus['held']>;
  nextChange?: NonNullable<PresenceClusterStatus['scaling']>['nextChange'];
}

/** Beside two confirmations that failed: the clocks of two machines differ, and a pass takes its time. */
const TOLERANCE_SECONDS = 30;

export function statusReport({ metadata, status }: PresenceCluster, now: Date): StatusReport {
  const { presence, scaling, freeze } = status ?? {};
  const { shards = [], ...redis } = status?.redis ?? {};
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    ...(status?.observedAt === undefined ? {} : { observedAt: status.observedAt }),
    isStale: isStale(status, now),
    conditions: status?.conditions ?? [],
    fleet: {
      ...(scaling === undefined
        ? {}
        : { desired: scaling.desired, floor: scaling.floor, because: scaling.because }),
      ...(presence?.replicas === undefined ? {} : { replicas: presence.replicas }),
      ...(presence?.readyReplicas === undefined ? {} : { readyReplicas: presence.readyReplicas }),
    },
    redis,
    shards,
    ...(freeze === undefined ? {} : { freeze }),
    held: status?.held ?? [],
    ...(scaling?.nextChange === undefined ? {} : { nextChange: scaling.nextChange }),
  };
}

function isStale(status: PresenceClusterStatus | undefined, now: Date): boolean {
  const { observedAt, observedEverySeconds } = status ?? {};
  if (observedAt === undefined || observedEverySeconds === undefined) return false;
  const ageSeconds = (now.getTime() - Date.parse(observedAt)) / 1000;
  return ageSeconds > 2 * observedEverySeconds + TOLERANCE_SECONDS;
}
