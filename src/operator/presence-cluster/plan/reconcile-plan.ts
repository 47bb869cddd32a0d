import type { PresenceClusterSpec } from '../../../api/v1alpha1/presence-cluster.ts';
import type { RollStep } from '../../../domain/topology/roll.ts';
import type { Acceptance } from '../../cluster-state/accepted-spec.ts';
import type { Observed } from '../../cluster-state/observed.ts';
import { lonePrimaryOf, redisRollStep } from '../rollout/roll-redis.ts';
import { build, type DefaultImages, type Desired } from './build.ts';
import { type ClusterDecision, decide } from './decide.ts';

/** What one reconcile of a PresenceCluster observed and decided: everything that its stages and its status are made from. */
export interface ReconcilePlan {
  observed: Observed;
  acceptance: Acceptance;
  decision: ClusterDecision;
  desired: Desired;
  roll: RollStep;
}

/** Everything that follows from what was observed, before anything is done; pure. */
export function planReconcile(
  observed: Observed,
  acceptance: Acceptance,
  spec: PresenceClusterSpec,
  images: DefaultImages,
): ReconcilePlan {
  const decision = decide(observed, spec);
  const desired = build(observed, spec, decision, images);
  const lone = lonePrimaryOf(spec, decision.scaling.inputs.peak);
  const roll = redisRollStep(observed, decision.plan, lone);
  return { observed, acceptance, decision, desired, roll };
}
