import type { WeddingCalendar } from '../api/v1alpha1/kinds.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import type { EventRecorder } from '../platform/kube/events.ts';
import type { Clock } from '../platform/runtime/clock.ts';
import { type Controller, createController, type Reconcile } from '../platform/runtime/controller.ts';
import { createWorkQueue, type WorkQueue } from '../platform/runtime/work-queue.ts';
import type { Logger } from '../platform/telemetry/log.ts';
import type { Metrics } from '../platform/telemetry/metrics.ts';
import type { Caches } from './caches.ts';
import type { RedisAdmins } from './cluster-state/redis-admins.ts';
import type { OperatorConfig } from './config.ts';
import type { ForeignScalers } from './load/foreign-scalers.ts';
import type { KnownLoads } from './load/known-load.ts';
import type { LoadBook } from './load/load-book.ts';
import { staleBookings } from './load/stale-bookings.ts';
import type { Announcer } from './objects/announce.ts';
import { CHILD_TYPES } from './objects/kinds.ts';
import type { HoldBook } from './optimization/hold-book.ts';
import type { OptimizationReconciler } from './optimization/reconcile.ts';
import { AppliedMemory } from './presence-cluster/applied-memory.ts';
import type { DefaultImages } from './presence-cluster/plan/build.ts';
import { ClusterReconciler } from './presence-cluster/reconcile.ts';
import { registerCapacityMetric } from './presence-cluster/redis/redis-capacity-metric.ts';
import type { FailoverLog } from './redis/failover-log.ts';
import { registerBreakGlassMetric } from './rollout-override/metrics.ts';
import { OverrideReconciler } from './rollout-override/reconcile.ts';
import { ScalingReconciler } from './scaling/reconcile.ts';
import { WeddingReconciler } from './wedding/reconcile.ts';
import { registerCalendarMetrics } from './wedding-calendar/metrics.ts';
import { CalendarReconciler } from './wedding-calendar/reconcile.ts';

/** An object that is refused for days must not delay the boundaries of the calendar, nor an outage the healing after it. */
const LONGEST_RETRY_MS = 5_000;
/** A pass with six Redis nodes of which some hang must end well inside it. */
const RECONCILE_TIMEOUT_MS = 60_000;
/** A hung Redis of one PresenceCluster must not hold up the others. */
const CONCURRENT_RECONCILES = 4;
/** One short write each: as many as keep an API server busy when a thousand share a boundary. */
const CONCURRENT_SCALINGS = 16;
/** Each may read a feed on a thread of its own. */
const CONCURRENT_CALENDARS = 2;
/** The first copy of a feed with 20,000 events is as many writes. */
const CALENDAR_TIMEOUT_MS = 300_000;

/** One queue a controller. */
export interface Queues {
  clusters: WorkQueue;
  /** Keys of PresenceClusters whose number of presence pods may have to change. */
  scalings: WorkQueue;
  weddings: WorkQueue;
  overrides: WorkQueue;
  optimizations: WorkQueue;
  calendars: WorkQueue;
}

export function createQueues(clock: Clock): Queues {
  return {
    clusters: createWorkQueue({ clock, maxDelayMs: LONGEST_RETRY_MS }),
    scalings: createWorkQueue({ clock, maxDelayMs: LONGEST_RETRY_MS }),
    weddings: createWorkQueue({ clock }),
    overrides: createWorkQueue({ clock }),
    optimizations: createWorkQueue({ clock }),
    calendars: createWorkQueue({ clock }),
  };
}

export interface ControllerParts {
  config: OperatorConfig;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  /** Writes only while this process leads. */
  client: KubeClient;
  stores: Caches['stores'];
  events: EventRecorder;
  admins: RedisAdmins;
  announcer: Announcer;
  failovers: FailoverLog;
  optimizations: OptimizationReconciler;
  holds: HoldBook;
  loads: LoadBook;
  foreignScalers: ForeignScalers;
  /** Kinds that cannot be watched, each with the reason. */
  unseen: () => readonly string[];
  /** Version of the IANA time zone data of this process. */
  zoneData: string;
}

/** Every controller of the operator, not yet started. */
export function createControllers(queues: Queues, parts: ControllerParts): Controller[] {
  const { config, client, stores, events, clock, log, metrics } = parts;
  const known: KnownLoads = {
    holdFloor: (key, now) => parts.holds.floorOf(key, now),
    loads: parts.loads,
    foreignScaler: (key) => parts.foreignScalers.of(key),
    bookingsStale: (cluster, now) => {
      const calendars = stores.calendars.list(cluster.metadata.namespace) as unknown as WeddingCalendar[];
      return staleBookings(calendars, cluster, now);
    },
  };
  const clusters = new ClusterReconciler({
    applier: {
      client,
      applied: new AppliedMemory(),
      types: new Map(CHILD_TYPES.map((type) => [type.kind, type])),
    },
    stores,
    admins: parts.admins,
    announcer: parts.announcer,
    failovers: parts.failovers,
    images: { ...config.images, pullSecrets: config.imagePullSecrets, ...operatorPods(config) },
    known,
    unseen: parts.unseen,
    zoneData: parts.zoneData,
    clock,
  });
  const scalings = new ScalingReconciler({
    ...{ client, stores, known, clock },
    announcer: parts.announcer,
  });
  const weddings = new WeddingReconciler({ client, weddings: stores.weddings, clock });
  const overrides = new OverrideReconciler({
    ...{ client, events, clock },
    ...{ overrides: stores.overrides, clusters: stores.clusters },
  });
  const calendars = new CalendarReconciler({
    ...{ client, events, clock },
    ...{ calendars: stores.calendars, weddings: stores.weddings },
  });
  registerBreakGlassMetric(metrics.registry, stores.overrides, clock);
  registerCalendarMetrics(metrics.registry, stores.calendars, clock);
  registerCapacityMetric(metrics.registry, stores.clusters);
  const controller = (
    name: string,
    queue: WorkQueue,
    reconciler: { reconcile: Reconcile },
    limits = { concurrency: CONCURRENT_RECONCILES, timeoutMs: RECONCILE_TIMEOUT_MS },
  ): Controller =>
    createController({
      name,
      queue,
      reconcile: (key, context) => reconciler.reconcile(key, context),
      ...limits,
      ...{ clock, log, metrics },
    });
  return [
    controller('presencecluster', queues.clusters, clusters),
    controller('scaling', queues.scalings, scalings, {
      concurrency: CONCURRENT_SCALINGS,
      timeoutMs: RECONCILE_TIMEOUT_MS,
    }),
    controller('wedding', queues.weddings, weddings),
    controller('rolloutoverride', queues.overrides, overrides),
    controller('presenceoptimization', queues.optimizations, parts.optimizations),
    controller('weddingcalendar', queues.calendars, calendars, {
      concurrency: CONCURRENT_CALENDARS,
      timeoutMs: CALENDAR_TIMEOUT_MS,
    }),
  ];
}

/** Known to NetworkPolicies only where the chart has said the labels. */
function operatorPods({ namespace, podLabels }: OperatorConfig): Pick<DefaultImages, 'operatorPods'> {
  return Object.keys(podLabels).length === 0 ? {} : { operatorPods: { namespace, labels: podLabels } };
}
