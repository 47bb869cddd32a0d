import type { FreezeState } from '../../../domain/freeze/freeze-at.ts';
import type { Manifest } from '../../../domain/resources/manifest.ts';
import { childKey, type Observed, type Workload } from '../../cluster-state/observed.ts';

/**
 * Pauses a Deployment whose rolling update is in flight when a freeze begins, until the freeze ends. A paused
 * Deployment still replaces lost pods and scales; a rollout that is complete is left alone.
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pausing-and-resuming-a-deployment
 */
export function pauseInFlight(manifest: Manifest, observed: Observed, freeze: FreezeState): Manifest {
  const live = observed.children.get(childKey(manifest)) as Workload | undefined;
  if (manifest.kind !== 'Deployment' || !freeze.active || live === undefined) return manifest;
  if (!live.spec.paused && !isInFlight(live)) return manifest;
  return { ...manifest, spec: { ...(manifest.spec as object), paused: true } };
}

export function isPaused(manifest: Manifest): boolean {
  return (manifest.spec as { paused?: boolean }).paused === true;
}

/** Pods of an older template are still there. */
function isInFlight({ status }: Workload): boolean {
  return (status?.updatedReplicas ?? 0) < (status?.replicas ?? 0);
}
