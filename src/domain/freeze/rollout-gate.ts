import type { OpenOverride, RolloutFreezeSpec } from '../../api/v1alpha1/rollout-freeze.ts';
import type { FreezeState } from './freeze-at.ts';

export interface RolloutGateInput {
  freeze: FreezeState;
  overrides: readonly OpenOverride[];
  /** What the admission policies judge by now; undefined before it was ever written. */
  published: Partial<RolloutFreezeSpec> | undefined;
  now: Date;
}

/**
 * The freeze as the operator's own rollouts meet it. An override opens it, and a wedding that was called off ends it,
 * once the RolloutFreeze says so: until then the API server refuses what would be sent.
 */
export function rolloutGate({ freeze, overrides, published, now }: RolloutGateInput): FreezeState {
  if (freeze.active) {
    const known = new Set(published?.overrides?.map(({ name }) => name));
    const isOpen = overrides.some(({ name, scope }) => scope.includes('Rollout') && known.has(name));
    return isOpen ? { ...freeze, active: false } : freeze;
  }
  const at = now.getTime();
  const stale = published?.windows?.find(
    ({ from, until }) => Date.parse(from) <= at && at < Date.parse(until),
  );
  if (stale === undefined) return freeze;
  const { from, until, reason, weddings } = stale;
  return { active: true, from: new Date(from), until: new Date(until), reason, weddings };
}
