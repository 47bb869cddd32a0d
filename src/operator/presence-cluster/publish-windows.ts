import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { RolloutFreezeSpec } from '../../api/v1alpha1/rollout-freeze.ts';
import { freezeAnnotations } from '../../domain/freeze/clock/freeze-annotations.ts';
import { dispositionOf } from '../../platform/runtime/disposition.ts';
import type { ReconcilePlan } from './plan/reconcile-plan.ts';
import type { StageTools } from './plan/stage.ts';

/** Where the annotations could neither be changed nor removed. It is unknown whether there are any when they cannot be read. */
export const OLD_ONES_STAY =
  'Older annotations, if there are any, cannot be removed either: in their windows deletes, evictions and scaling stay refused, also with a new override.';

/**
 * A stage: writes the freeze where the admission policies with the clock read it, before the RolloutFreeze that says the same: the
 * policies without clock step aside only where both agree. Without a Lease that tells the time the annotations go, and the phase
 * rules. So they do where the API server lets them be removed and not changed.
 */
export async function publishWindows(
  { observed, desired }: Pick<ReconcilePlan, 'observed' | 'desired'>,
  { freezes, memory, clock, signal, results }: StageTools,
): Promise<void> {
  const { cluster, freezeClock, now } = observed;
  if (freezeClock.kind === 'Off' || freezeClock.kind === 'Unknown') return;
  const wanted =
    freezeClock.kind === 'Renewed'
      ? freezeAnnotations(desired.freeze.spec as RolloutFreezeSpec, now)
      : undefined;
  const { windows } = memory;
  if (!windows.isCurrent(wanted, clock.monotonicMs())) {
    const { namespace, name } = cluster.metadata;
    try {
      await freezes.write(namespace, name, wanted, signal);
      windows.note(wanted, clock.monotonicMs());
    } catch (error) {
      signal.throwIfAborted();
      if (!isFinal(error)) throw error;
      const { message } = error as Error;
      const isRemoved = wanted !== undefined && (await isWithoutWindows(cluster, freezes, signal));
      windows.note(wanted, clock.monotonicMs(), isRemoved ? message : `${message}. ${OLD_ONES_STAY}`);
    }
  }
  if (windows.problem !== undefined) results.windowsNotWritten = windows.problem;
}

/** No retry helps, only a change of rights, of policies or of what is written. */
function isFinal(error: unknown): boolean {
  return ['forbidden', 'terminal'].includes(dispositionOf(error));
}

/** Windows that cannot be changed would go on to refuse: better none, and the phase. */
async function isWithoutWindows(
  { metadata: { namespace, name } }: PresenceCluster,
  freezes: StageTools['freezes'],
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await freezes.write(namespace, name, undefined, signal);
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
