import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { ANNOTATION } from '../../api/v1alpha1/names.ts';
import { type PauseState, pauseAt } from '../../domain/pause/pause-at.ts';

/** The pause of a PresenceCluster, of its newest spec: that also counts while another field keeps the spec from being accepted. */
export function pauseOf({ spec, metadata }: PresenceCluster, now: Date): PauseState {
  // Of a stored object that breaks the schema, anything may be missing.
  const { paused } = (spec ?? {}) as { paused?: unknown };
  return pauseAt({ paused, annotation: metadata.annotations?.[ANNOTATION.pausedUntil], now });
}
