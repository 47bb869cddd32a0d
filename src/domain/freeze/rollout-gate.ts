import type { OpenOverride, RolloutFreezeSpec } from '../../api/v1alpha1/rollout-freeze.ts';
import type { FreezeState } from './freeze-at.ts';

export interface RolloutGateInput {
  freeze: FreezeState;
  overrides: readonly OpenOverride[];
  /** What the admission policies judge by now; undefined before it was ever written. */
  published: Partial<RolloutFreezeSpec> | undefined;
  /** How long after a freeze this PresenceCluster lets its own rollouts out, in milliseconds (`releaseDelayMs`). */
  releaseDelayMs?: number;
  /** Until when its changes are held, by its own status; undefined when none is. */
  heldUntil?: Date | undefined;
  now: Date;
}

/**
 * The freeze as the operator's own rollouts meet it. An override opens it, and a wedding that was called off ends it,
 * once the RolloutFreeze has it: until then the API server refuses the change. A held change is released a little
 * after the end of the freeze, so that many PresenceClusters do not roll in the same second: `until` says when.
 */
export function rolloutGate(input: RolloutGateInput): FreezeState {
  const { freeze, overrides, published, now, releaseDelayMs = 0 } = input;
  if (freeze.active) {
    const known = new Set(published?.overrides?.map(({ name }) => name));
    const isOpen = overrides.some(({ name, scope }) => scope.includes('Rollout') && known.has(name));
    return isOpen ? { ...freeze, active: false } : delayed(freeze, releaseDelayMs);
  }
  const at = now.getTime();
  const stale = published?.windows?.find(
    ({ from, until }) => Date.parse(from) <= at && at < Date.parse(until),
  );
  if (stale === undefined) return spread(input, releaseDelayMs);
  const { from, until, reason, weddings } = stale;
  return { active: true, from: new Date(from), until: new Date(until), reason, weddings };
}

function delayed(freeze: FreezeState, delayMs: number): FreezeState {
  return freeze.until === undefined
    ? freeze
    : { ...freeze, until: new Date(freeze.until.getTime() + delayMs) };
}

/** Status shows seconds; the rest of the delay is added again. A freeze that was called off has a later end in status. */
function spread({ freeze, heldUntil, now }: RolloutGateInput, delayMs: number): FreezeState {
  if (heldUntil === undefined) return freeze;
  const release = new Date(heldUntil.getTime() + (delayMs % 1000));
  if (release <= now || release.getTime() - now.getTime() > delayMs) return freeze;
  return { active: true, until: release, reason: 'rollouts are spread after a freeze', weddings: [] };
}
