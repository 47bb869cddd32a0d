import { LABEL } from '../../../api/v1alpha1/names.ts';
import type { FreezeState } from '../../../domain/freeze/freeze-at.ts';
import type { TopologyPlan } from '../../../domain/topology/plan.ts';
import type { Observed } from '../../cluster-state/observed.ts';

/**
 * Indexes of the shards that have a StatefulSet: the desired ones, and those that are no longer desired until no Redis node
 * knows their pods, which `Steady` includes. In a freeze or a pause none is removed.
 */
export function shardsToKeep(
  { children }: Pick<Observed, 'children'>,
  { plan, rolloutHold }: { plan: Pick<TopologyPlan, 'state'>; rolloutHold: FreezeState },
  desired: number,
): number[] {
  const wanted = Array.from({ length: desired }, (_, shard) => shard);
  if (plan.state === 'Steady' && !rolloutHold.active) return wanted;
  const leaving = [...children.values()]
    .filter(({ kind }) => kind === 'StatefulSet')
    .map(({ metadata }) => Number(metadata.labels?.[LABEL.shard]))
    .filter((shard) => shard >= desired);
  return [...wanted, ...leaving.sort((a, b) => a - b)];
}
