import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import type { OpenOverride, RolloutFreezeSpec } from '../../api/v1alpha1/rollout-freeze.ts';
import { formatInstant } from '../calendar/instant.ts';
import type { FreezeState } from './freeze-at.ts';
import { toRolloutFreezeWindows } from './rollout-freeze-windows.ts';
import type { FreezeWindow } from './windows.ts';

/**
 * The heartbeat shows people and alerts that an operator writes the freeze. A shorter one would cost writes for
 * nothing: 1,000 PresenceClusters make 3.3 writes per second at this rate.
 */
const HEARTBEAT_MS = 5 * 60_000;

/**
 * The phase becomes Frozen this long before a window. A DELETE carries no stamp, so the phase alone refuses it, and a
 * leader that dies just before a window cannot write it: the next one does so after the 15 s of the lease, two seconds
 * until its next try, and its first pass. A minute is three times that.
 */
export const PHASE_LEAD_MS = 60_000;

export interface FreezeParameterInput {
  windows: readonly FreezeWindow[];
  freeze: FreezeState;
  /** Fewest presence pods while frozen. */
  floor: number;
  overrides: readonly OpenOverride[];
  now: Date;
}

/** Everything that the admission policies know of a PresenceCluster. The same within a heartbeat, unless it changes. */
export function freezeParameter(input: FreezeParameterInput): RolloutFreezeSpec {
  const { windows, freeze, floor, overrides, now } = input;
  return {
    windows: toRolloutFreezeWindows(windows),
    phase: isFrozenSoon(freeze, now) ? 'Frozen' : 'Open',
    floor,
    heartbeat: formatInstant(Math.floor(now.getTime() / HEARTBEAT_MS) * HEARTBEAT_MS),
    overrides: [...overrides],
  };
}

function isFrozenSoon({ active, from }: FreezeState, now: Date): boolean {
  return active || (from !== undefined && from.getTime() - now.getTime() <= PHASE_LEAD_MS);
}

/** The presence pods below which only the operator may scale in a freeze. */
export function freezeFloor(spec: PresenceClusterSpec, calendarFloor: number): number {
  if (spec.scaling.mode !== 'Off') return calendarFloor;
  return spec.presence.replicas ?? spec.scaling.minReplicas;
}
