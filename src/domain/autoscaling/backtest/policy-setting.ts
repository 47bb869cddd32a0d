import type { LoadTrace } from './load-trace.ts';
import type { FleetConditions, ReplicaPolicy } from './simulate-policy.ts';

/** A run of a policy: what it needs to know of the trace before the first tick. */
export interface PolicySetting {
  trace: LoadTrace;
  conditions: FleetConditions;
  /** Load at each tick. Only the oracle and the static fleet may read it ahead of time. */
  load: Float64Array;
  /** First tick that is scored. */
  scoreFrom: number;
  /** Time of the first tick, in seconds after the start of the trace. */
  firstTickSeconds: number;
}

export interface NamedPolicy {
  name: string;
  create: (setting: PolicySetting) => ReplicaPolicy;
}
