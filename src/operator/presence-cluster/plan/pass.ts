import type { PresenceClusterSpec } from '../../../api/v1alpha1/presence-cluster.ts';
import type { RollStep } from '../../../domain/topology/roll.ts';
import type { Acceptance } from '../../cluster-state/accepted-spec.ts';
import type { Observed } from '../../cluster-state/observed.ts';
import { redisRollStep } from '../rollout/roll-redis.ts';
import { build, type DefaultImages, type Desired } from './build.ts';
import { type ClusterDecision, decide } from './decide.ts';

/** What one pass over a PresenceCluster found and decided. */
export interface Pass {
  observed: Observed;
  acceptance: Acceptance;
  decision: ClusterDecision;
  desired: Desired;
  roll: RollStep;
}

/** Everything that follows from what was observed, before anything is done; pure. */
export function takePass(
  observed: Observed,
  acceptance: Acceptance,
  spec: PresenceClusterSpec,
  images: DefaultImages,
): Pass {
  const decision = decide(observed, spec);
  const desired = build(observed, spec, decision, images);
  const roll = redisRollStep(observed, decision.plan);
  return { observed, acceptance, decision, desired, roll };
}
