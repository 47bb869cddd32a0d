import type { RolloutOverride } from '../../api/v1alpha1/kinds.ts';
import { MAX_OPEN_OVERRIDES, type OpenOverride } from '../../api/v1alpha1/rollout-freeze.ts';
import { MAX_OVERRIDE_MS } from '../../api/v1alpha1/rollout-override.ts';
import { formatInstant } from '../calendar/instant.ts';

/**
 * When an override ends: as it asks for, and never more than four hours after the API server made it, also where no
 * admission policy has looked at it.
 */
export function overrideEnd({ metadata, spec }: RolloutOverride): Date {
  const latest = Date.parse(metadata.creationTimestamp ?? '') + MAX_OVERRIDE_MS;
  const wanted = Date.parse(spec.expiresAt);
  // An object without a time of creation has not been stored and opens nothing.
  return new Date(Number.isNaN(latest) ? 0 : Math.min(wanted, latest));
}

/** Name of what an override opens: a PresenceCluster or a ChangeFreeze. */
export function overrideTarget({ spec }: RolloutOverride): string {
  return spec.changeFreezeName ?? spec.presenceClusterName ?? '';
}

/** The overrides that are open at an instant, oldest first, as a RolloutFreeze lists them; at most 32. */
export function openOverrides(overrides: readonly RolloutOverride[], now: Date): OpenOverride[] {
  return overrides
    .filter((override) => override.metadata.deletionTimestamp === undefined && overrideEnd(override) > now)
    .map((override) => ({
      name: override.metadata.name,
      user: override.spec.requestedBy,
      ticket: override.spec.ticket,
      scope: [...override.spec.scope].sort(),
      from: override.metadata.creationTimestamp ?? '',
      until: formatInstant(overrideEnd(override)),
    }))
    .sort((a, b) => Date.parse(a.from) - Date.parse(b.from) || (a.name < b.name ? -1 : 1))
    .slice(0, MAX_OPEN_OVERRIDES);
}
