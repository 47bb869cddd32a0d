import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import type { HoldFloor } from '../../domain/autoscaling/decide.ts';
import { keyOf } from '../../platform/runtime/object-key.ts';
import type { CachedState } from '../cluster-state/observed.ts';
import { type LoadBook, looksAtLoad } from './load-book.ts';
import { rememberedScaling } from './scaling-status.ts';

/** What this process knows of a PresenceCluster beside its caches. */
export interface KnownLoads {
  /** What is known of the load of a PresenceCluster. */
  loads?: LoadBook;
  /** The number of presence pods that a HoldReplicas request asks for at an instant. */
  holdFloor?: (key: string, now: Date) => HoldFloor | undefined;
  /** Who else scales its presence pods. */
  foreignScaler?: (key: string) => string | undefined;
  /** Why the bookings of a PresenceCluster may be out of date. */
  bookingsStale?: (cluster: PresenceCluster, now: Date) => string | undefined;
}

/** The load in the modes that look at it, what is asked to be held, and who else scales. */
export function withLoad<T extends CachedState>(
  { loads, holdFloor, foreignScaler, bookingsStale }: KnownLoads,
  spec: PresenceClusterSpec,
  cached: T,
): T {
  const { cluster, weddings, now } = cached;
  const key = keyOf(cluster);
  const held = holdFloor?.(key, now);
  const foreign = foreignScaler?.(key);
  const stale = bookingsStale?.(cluster, now);
  const known = {
    ...cached,
    ...(stale === undefined ? {} : { bookingsStale: stale }),
    ...(held === undefined ? {} : { holdFloor: held }),
    ...(foreign === undefined ? {} : { foreignScaler: foreign }),
  };
  if (loads === undefined || !looksAtLoad(spec.scaling.mode)) return known;
  const load = loads.of(key);
  const demand = {
    ...load.demand(weddings, now.getTime(), rememberedScaling(cluster.status?.scaling)),
    ...(stale === undefined ? {} : { bookingsStale: stale }),
  };
  return {
    ...{ ...known, demand, connections: load.byPod, seenLoad: load.seenLoad(now.getTime()) },
    ...(load.cost === undefined ? {} : { fleetCost: load.cost }),
  };
}
