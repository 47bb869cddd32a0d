import type { PresenceClusterSpec } from '../../../api/v1alpha1/presence-cluster.ts';
import { formatInstant } from '../../../domain/calendar/instant.ts';
import { pauseEnd, pausesRollouts } from '../../../domain/pause/pause-at.ts';
import type { Manifest } from '../../../domain/resources/manifest.ts';
import { claimTemplates } from '../../../domain/resources/redis-claims.ts';
import { planVolumes, type VolumesPlan } from '../../../domain/volumes/plan-volumes.ts';
import { claimTemplateOf } from '../../cluster-state/claims.ts';
import { childKey, type Observed } from '../../cluster-state/observed.ts';
import type { GatedWorkload } from '../rollout/gate-workload.ts';
import type { ClusterDecision } from './decide.ts';

/** What the claims of the Redis pods need; pure. */
export function volumesOf(
  observed: Observed,
  { redis }: PresenceClusterSpec,
  decision: ClusterDecision,
  workloads: readonly GatedWorkload[],
): VolumesPlan {
  return planVolumes({
    wanted: claimTemplateOf(claimTemplates(redis.storage)),
    claims: observed.claims,
    owners: workloads.flatMap(({ manifest, held }) => {
      const live = observed.children.get(childKey(manifest));
      if (live?.kind !== 'StatefulSet') return [];
      return [
        { name: manifest.metadata.name, template: claimTemplateOf(live.spec), isHeld: held !== undefined },
      ];
    }),
    refused: observed.refusedGrowth,
    formed: observed.cluster.status?.redis?.formedAt !== undefined,
    steady: decision.plan.state === 'Steady',
    held: whyHeld(observed, decision),
  });
}

/** Before there is a Redis Cluster, a freeze protects nothing of it. */
function whyHeld({ cluster }: Observed, { pause, effectiveFreeze }: ClusterDecision): string | undefined {
  if (pausesRollouts(pause)) return `paused ${pauseEnd(pause)}`;
  if (!effectiveFreeze.active || cluster.status?.redis?.formedAt === undefined) return undefined;
  const until = effectiveFreeze.until ? ` until ${formatInstant(effectiveFreeze.until)}` : '';
  return `a freeze is on${until}`;
}

/**
 * A StatefulSet as it can be applied to the one that is there: with its claim templates, which cannot be changed. Undefined where
 * it cannot be applied at all until it is recreated: its pods have claims and are to have none, or the other way round, or it is
 * being deleted.
 */
export function applicable(
  manifest: Manifest,
  { children }: Pick<Observed, 'children'>,
): Manifest | undefined {
  const live = children.get(childKey(manifest));
  if (manifest.kind !== 'StatefulSet' || live === undefined) return manifest;
  const { volumeClaimTemplates: kept } = live.spec as { volumeClaimTemplates?: object[] };
  const { volumeClaimTemplates: wanted, ...spec } = manifest.spec as { volumeClaimTemplates?: object[] };
  if (live.metadata.deletionTimestamp !== undefined || (kept === undefined) !== (wanted === undefined)) {
    return undefined;
  }
  return kept === undefined ? manifest : { ...manifest, spec: { ...spec, volumeClaimTemplates: kept } };
}
