import type { RolloutFreezeSpec } from '../../api/v1alpha1/rollout-freeze.ts';
import { freezeAnnotations } from '../../domain/freeze/clock/freeze-annotations.ts';
import { dispositionOf } from '../../platform/runtime/disposition.ts';
import type { ReconcilePlan } from './plan/reconcile-plan.ts';
import type { StageTools } from './plan/stage.ts';

/**
 * A stage: writes the freeze where the admission policies with the clock read it, before the RolloutFreeze that says the same: the
 * policies without clock step aside only where both agree. Without a Lease that tells the time the annotations go, and the phase
 * rules.
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
      if (!['forbidden', 'terminal'].includes(dispositionOf(error))) throw error;
      windows.note(wanted, clock.monotonicMs(), (error as Error).message);
    }
  }
  if (windows.problem !== undefined) results.windowsNotWritten = windows.problem;
}
