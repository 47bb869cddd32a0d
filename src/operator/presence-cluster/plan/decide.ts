import type { PresenceClusterSpec } from '../../../api/v1alpha1/presence-cluster.ts';
import type { OpenOverride, RolloutFreezeSpec } from '../../../api/v1alpha1/rollout-freeze.ts';
import type { Decision } from '../../../domain/autoscaling/decide.ts';
import type { ShardMemory } from '../../../domain/autoscaling/redis/shard-plan.ts';
import { formatInstant } from '../../../domain/calendar/instant.ts';
import { type FreezeState, freezeAt } from '../../../domain/freeze/freeze-at.ts';
import { openOverrides } from '../../../domain/freeze/override.ts';
import { freezeWedding } from '../../../domain/freeze/protected-weddings.ts';
import { releaseDelayMs } from '../../../domain/freeze/release-delay.ts';
import { boundedWindows } from '../../../domain/freeze/rollout-freeze-windows.ts';
import { rolloutGate } from '../../../domain/freeze/rollout-gate.ts';
import { weddingId } from '../../../domain/freeze/wedding-id.ts';
import { type FreezePlan, type FreezeWindow, freezeWindows } from '../../../domain/freeze/windows.ts';
import { type PauseState, pauseEnd, pausesRollouts, pausesScaling } from '../../../domain/pause/pause-at.ts';
import { rolloutHold } from '../../../domain/pause/rollout-hold.ts';
import { planTopology, type TopologyPlan } from '../../../domain/topology/plan.ts';
import type { Observed } from '../../cluster-state/observed.ts';
import { pauseOf } from '../../cluster-state/pause.ts';
import { sha256Hex } from '../../objects/content-hash.ts';
import { decideScaling } from '../../scaling/decide-scaling.ts';
import { redisCapacity } from './redis-capacity.ts';

/** Freeze windows are written this far ahead, so that they hold while the operator is down. */
const FREEZE_HORIZON_DAYS = 90;
export interface ClusterDecision {
  scaling: Decision;
  /** As they are published: at most 200. */
  windows: FreezeWindow[];
  freezePlan: Pick<FreezePlan, 'budget' | 'nextSafeWindow'>;
  /** The freeze that the RolloutFreeze and status show. */
  publishedFreeze: FreezeState;
  /** RolloutOverrides that are open. */
  overrides: OpenOverride[];
  /** The freeze that binds the operator's own rollouts: an override opens it, and it ends a little later. */
  effectiveFreeze: FreezeState;
  /** The pause that people asked for. */
  pause: PauseState;
  /** What holds the operator's own rollouts: the freeze, the pause, or both. */
  rolloutHold: FreezeState;
  plan: TopologyPlan;
  /** Shards for the season that comes; undefined without a memory limit. */
  capacity: ShardMemory | undefined;
}

/** Everything that follows from what was observed; pure. */
export function decide(observed: Observed, spec: PresenceClusterSpec): ClusterDecision {
  const { now, cluster, weddings } = observed;
  const freezePlan = freezeWindows({
    spec,
    weddings: weddings.map((wedding) =>
      freezeWedding(wedding, weddingId(wedding.metadata.namespace, wedding.metadata.name, sha256Hex)),
    ),
    from: now,
    days: FREEZE_HORIZON_DAYS,
  });
  const windows = boundedWindows(freezePlan.windows, now);
  const publishedFreeze = freezeAt(windows, now);
  const overrides = openOverrides(observed.overrides, now);
  const published = observed.children.get(`RolloutFreeze/${cluster.metadata.name}`)?.spec as
    | Partial<RolloutFreezeSpec>
    | undefined;
  const scaling = decideScaling(observed, spec);
  const pause = pauseOf(cluster, now);
  const effectiveFreeze = rolloutGate({
    freeze: publishedFreeze,
    overrides,
    published,
    now,
    releaseDelayMs: releaseDelayMs(cluster.metadata.uid ?? cluster.metadata.name),
    // What a pause holds goes out at the end of the pause, not a little later.
    heldUntil: pausesRollouts(pause)
      ? undefined
      : latest(cluster.status?.held?.flatMap(({ until }) => until ?? [])),
  });
  const held = movesHeld(scaling, effectiveFreeze, pause);
  return {
    scaling,
    windows,
    freezePlan,
    publishedFreeze,
    overrides,
    effectiveFreeze,
    pause,
    rolloutHold: rolloutHold(effectiveFreeze, pause),
    plan: planTopology(observed.topology, {
      shards: spec.redis.shards,
      replicasPerShard: spec.redis.replicasPerShard,
      allowDataLoss: spec.redis.allowDataLoss,
      ...withRefusal(held, observed),
    }),
    capacity: redisCapacity(observed, spec, held.movesHeld !== undefined),
  };
}

/** Nor while a big key is in the way. */
function withRefusal(held: { movesHeld?: string }, { moveRefused }: Observed): { movesHeld?: string } {
  return held.movesHeld === undefined && moveRefused ? { movesHeld: moveRefused.because } : held;
}

/** Slots are moved neither in a freeze, nor in a pause, nor at a peak. */
function movesHeld({ inputs }: Decision, freeze: FreezeState, pause: PauseState): { movesHeld?: string } {
  const until = freeze.until ? ` until ${formatInstant(freeze.until)}` : '';
  if (freeze.active) return { movesHeld: `a freeze is on${until}` };
  if (pausesScaling(pause)) return { movesHeld: `paused ${pauseEnd(pause)}` };
  return inputs.peak > 1 ? { movesHeld: `a peak of factor ${inputs.peak} is on` } : {};
}

function latest(instants: readonly string[] = []): Date | undefined {
  return instants.length === 0 ? undefined : new Date(Math.max(...instants.map((at) => Date.parse(at))));
}
