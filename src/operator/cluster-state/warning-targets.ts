import { lacksPods, workloadsOf } from './find-cause.ts';
import type { CachedState } from './observed.ts';
import { isReady } from './pod.ts';
import { isBeingCreated } from './pod-cause.ts';

/** An object of which only events say what is wrong. */
export interface WarningTarget {
  readonly kind: string;
  readonly name: string;
  readonly uid: string | undefined;
}

/** Mounting volumes takes seconds; a pod that waits for longer waits for something that is wrong. */
const STARTS_WITHIN_MS = 15_000;

/** Objects whose own status does not say what is wrong with them, so that only events do. */
export function warningTargets(
  state: Pick<CachedState, 'now' | 'children' | 'redisPods' | 'presencePods'>,
): WarningTarget[] {
  const { now, redisPods, presencePods } = state;
  const refusing = workloadsOf(state, { component: 'redis' })
    .filter(lacksPods)
    .map(({ kind, metadata: { name, uid } }) => ({ kind, name, uid }));
  const waiting = [...redisPods, ...presencePods]
    .filter((pod) => !isReady(pod) && isBeingCreated(pod))
    .filter(
      ({ metadata }) => now.getTime() - Date.parse(metadata.creationTimestamp ?? '') >= STARTS_WITHIN_MS,
    )
    .map(({ metadata: { name, uid } }) => ({ kind: 'Pod', name, uid }));
  return [...refusing, ...waiting];
}
