import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import type { HoldFloor } from '../../domain/autoscaling/decide.ts';
import { keyOf } from '../../platform/runtime/object-key.ts';
import type { CachedState, LoadState } from '../cluster-state/observed.ts';
import type { SloView } from '../slo/cluster-slo.ts';
import { type LoadRegistry, usesLoad } from './load-registry.ts';
import { rememberedScaling } from './scaling-status.ts';

/** Where a {@link LoadState} comes from: what this process knows beside its caches of PresenceClusters. */
export interface LoadSources {
  loads: LoadRegistry;
  /** How the objectives are met; undefined before this process knows. */
  slo: (key: string) => SloView | undefined;
  /** The number of presence pods that a HoldReplicas request asks for at an instant. */
  holdFloor: (key: string, now: Date) => HoldFloor | undefined;
  /** Kind and name of another autoscaler that scales the presence pods. */
  conflictingAutoscaler: (key: string) => string | undefined;
  /** Why the bookings of a PresenceCluster may be out of date. */
  bookingsStale: (cluster: PresenceCluster, now: Date) => string | undefined;
}

/** The load state of a PresenceCluster; the load itself only in the modes that use it. */
export function loadState(
  { loads, slo, holdFloor, conflictingAutoscaler, bookingsStale }: LoadSources,
  spec: PresenceClusterSpec,
  { cluster, weddings, now }: Pick<CachedState, 'cluster' | 'weddings' | 'now'>,
): LoadState {
  const key = keyOf(cluster);
  const stale = bookingsStale(cluster, now);
  const load = usesLoad(spec.scaling.mode) ? loads.of(key) : undefined;
  return {
    demand: load && {
      ...load.demand(weddings, now.getTime(), rememberedScaling(cluster.status?.scaling)),
      ...(stale === undefined ? {} : { bookingsStale: stale }),
    },
    seenLoad: load?.seenLoad(now.getTime()),
    fleetCost: load?.cost,
    slo: slo(key),
    connections: load?.byPod,
    bookingsStale: stale,
    conflictingAutoscaler: conflictingAutoscaler(key),
    holdFloor: holdFloor(key, now),
  };
}
