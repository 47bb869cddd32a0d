import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { RolloutFreezeSpec } from '../../api/v1alpha1/rollout-freeze.ts';
import { freezeAnnotations } from '../../domain/freeze/clock/freeze-annotations.ts';
import { dispositionOf } from '../../platform/runtime/disposition.ts';
import type { ReconcilePlan } from './plan/reconcile-plan.ts';
import type { StageTools } from './plan/stage.ts';

/** Where the annotations could neither be changed nor removed. It is unknown whether there are any when they cannot be read. */
export const OLD_ONES_STAY =
  '. Older annotations, if there are any, cannot be removed either: in their windows deletes, evictions and scaling stay refused, also with a new override.';

/** Where they should go because the Lease does not tell the time. The policies cannot know that. */
export const LEASE_STILL_RULES =
  '. Annotations of the Namespace, if there are any, cannot be removed: while they have the windows of the RolloutFreeze, the policies still go by the Lease.';

/**
 * A stage: writes the freeze where the admission policies with the clock read it, before the RolloutFreeze that says the same: the
 * policies without clock step aside only where both agree. Without a Lease that tells the time the annotations go, and the phase
 * rules. So they do where the API server lets them be removed and not changed. Where the policies of an API server do not see the
 * Lease, the clock and the phase rule together: other API servers of the same cluster may see it.
 */
export async function publishWindows(
  { observed, desired }: Pick<ReconcilePlan, 'observed' | 'desired'>,
  { freezes, memory, clock, signal, results }: StageTools,
): Promise<void> {
  const { cluster, freezeClock, now } = observed;
  if (freezeClock.kind === 'Off' || freezeClock.kind === 'Unknown') return;
  const wanted =
    freezeClock.kind === 'Unusable'
      ? undefined
      : freezeAnnotations(desired.freeze.spec as RolloutFreezeSpec, now, freezeClock.kind === 'NotSeen');
  const { windows } = memory;
  if (!windows.isCurrent(wanted, clock.monotonicMs())) {
    const { namespace, name } = cluster.metadata;
    try {
      await freezes.write(namespace, name, wanted, signal);
      windows.note(wanted, clock.monotonicMs());
    } catch (error) {
      signal.throwIfAborted();
      if (!isFinal(error)) throw error;
      const left = wanted === undefined ? LEASE_STILL_RULES : await oldOnes(cluster, freezes, signal);
      windows.note(wanted, clock.monotonicMs(), `${(error as Error).message}${left}`);
    }
  }
  if (windows.problem !== undefined) results.windowsNotWritten = windows.problem;
}

/** No retry helps, only a change of rights, of policies or of what is written. */
function isFinal(error: unknown): boolean {
  return ['forbidden', 'terminal'].includes(dispositionOf(error));
}

/** Removes windows that cannot be changed, because they would go on to refuse, and returns what is to be said when they stay. */
async function oldOnes(
  { metadata: { namespace, name } }: PresenceCluster,
  freezes: StageTools['freezes'],
  signal: AbortSignal,
): Promise<string> {
  try {
    await freezes.write(namespace, name, undefined, signal);
    return '';
  } catch {
    signal.throwIfAborted();
    return OLD_ONES_STAY;
  }
}
