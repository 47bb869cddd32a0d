import type { ZoneDataInUse } from '../domain/calendar/zones/zone-data-age.ts';
import type { Clock } from '../platform/runtime/clock.ts';
import { type Controller, createController, type Reconcile } from '../platform/runtime/controller.ts';
import { createWorkQueue, type WorkQueue } from '../platform/runtime/work-queue.ts';
import type { CacheName } from './caches.ts';
import { ChangeFreezeReconciler } from './change-freeze/reconcile.ts';
import type { OperatorConfig } from './config.ts';
import type { LoadSources } from './load/load-state.ts';
import { staleBookings } from './load/stale-bookings.ts';
import type { OperatorParts } from './operator-parts.ts';
import type { HoldRegistry } from './optimization/hold-registry.ts';
import type { OptimizationReconciler } from './optimization/reconcile.ts';
import { registerPauseMetric } from './pause/metrics.ts';
import type { DefaultImages } from './presence-cluster/plan/build.ts';
import { ClusterReconciler } from './presence-cluster/reconcile.ts';
import { registerBreakGlassMetric } from './rollout-override/metrics.ts';
import { OverrideReconciler } from './rollout-override/reconcile.ts';
import { ScalingReconciler } from './scaling/reconcile.ts';
import { WeddingReconciler } from './wedding/reconcile.ts';
import { registerCalendarMetrics } from './wedding-calendar/metrics.ts';
import { CalendarReconciler } from './wedding-calendar/reconcile.ts';

/** An object that is refused for days must not delay calendar boundaries, and an outage must not delay the healing after it. */
const MAX_RETRY_DELAY_MS = 5_000;
/** A reconcile with six Redis nodes of which some hang must end well within it. */
const RECONCILE_TIMEOUT_MS = 60_000;
/** A hung Redis of one PresenceCluster must not hold up the others. */
const CONCURRENT_RECONCILES = 4;
/** One short write each: as many as keep an API server busy when a thousand share a boundary. */
const CONCURRENT_SCALINGS = 16;
/** One waits for a server while the other reads; feeds are read one at a time. */
const CONCURRENT_CALENDARS = 2;
/** The first copy of a feed with 20,000 events is as many writes. */
const CALENDAR_TIMEOUT_MS = 300_000;

/**
 * What decides about a PresenceCluster must not begin without these caches. It can do without the others: break-glass,
 * requests, calendars and the roles of nodes then wait, and nothing else does.
 */
export const CLUSTER_CACHES: readonly CacheName[] = ['clusters', 'weddings', 'pods', 'children'];

/** Something that runs while this process leads, and the caches without which it would act on half of the truth. */
export interface Registration<T> {
  readonly run: T;
  readonly needs: readonly CacheName[];
}

/** One queue per controller. */
export interface Queues {
  clusters: WorkQueue;
  /** Keys of PresenceClusters whose number of presence pods may have to change. */
  scalings: WorkQueue;
  weddings: WorkQueue;
  overrides: WorkQueue;
  optimizations: WorkQueue;
  calendars: WorkQueue;
  changeFreezes: WorkQueue;
}

export function createQueues(clock: Clock): Queues {
  return {
    clusters: createWorkQueue({ clock, maxDelayMs: MAX_RETRY_DELAY_MS }),
    scalings: createWorkQueue({ clock, maxDelayMs: MAX_RETRY_DELAY_MS }),
    weddings: createWorkQueue({ clock }),
    overrides: createWorkQueue({ clock }),
    optimizations: createWorkQueue({ clock }),
    calendars: createWorkQueue({ clock }),
    changeFreezes: createWorkQueue({ clock, maxDelayMs: MAX_RETRY_DELAY_MS }),
  };
}

/** Enqueues a PresenceCluster: for the number of its pods, which is written soon, and for everything else. */
export function enqueueCluster({ scalings, clusters }: Queues, key: string, fromList = false): void {
  const priority = fromList ? 'low' : 'normal';
  scalings.add(key, { priority });
  clusters.add(key, { priority });
}

export interface ControllerParts extends OperatorParts {
  optimizations: OptimizationReconciler;
  holds: HoldRegistry;
  /** Kinds that cannot be watched, each with the reason. */
  unwatchedKinds: () => readonly string[];
  /** The IANA time zone data of this process. */
  zoneData: ZoneDataInUse;
}

/** Every controller of the operator, not yet started. */
export function createControllers(queues: Queues, parts: ControllerParts): Registration<Controller>[] {
  const { config, client, stores, events, clusterEvents, clock, log, metrics } = parts;
  const loadSources: LoadSources = {
    loads: parts.loads,
    slo: (key) => parts.slos.view(key),
    holdFloor: (key, now) => parts.holds.floorOf(key, now),
    conflictingAutoscaler: (key) => parts.conflictingAutoscalers.of(key),
    bookingsStale: (cluster, now) =>
      staleBookings(stores.calendars.list(cluster.metadata.namespace), cluster, now),
  };
  registerBreakGlassMetric(metrics.registry, stores.overrides, clock);
  registerCalendarMetrics(metrics.registry, stores.calendars, clock);
  registerPauseMetric(metrics.registry, stores.clusters, clock);
  const controller = (
    name: string,
    queue: WorkQueue,
    reconciler: { reconcile: Reconcile },
    {
      needs,
      concurrency = CONCURRENT_RECONCILES,
      timeoutMs = RECONCILE_TIMEOUT_MS,
    }: { needs: readonly CacheName[]; concurrency?: number; timeoutMs?: number },
  ): Registration<Controller> => ({
    run: createController({
      name,
      queue,
      reconcile: (key, context) => reconciler.reconcile(key, context),
      concurrency,
      timeoutMs,
      clock,
      log,
      metrics,
    }),
    needs,
  });
  return [
    controller(
      'presencecluster',
      queues.clusters,
      new ClusterReconciler({
        client,
        stores,
        memories: parts.memories,
        events: clusterEvents,
        images: defaultImages(config),
        loadSources,
        unwatchedKinds: parts.unwatchedKinds,
        zoneData: parts.zoneData,
        freezes: parts.freezes,
        leaseClock: parts.leaseClock,
        clock,
      }),
      { needs: CLUSTER_CACHES },
    ),
    controller(
      'scaling',
      queues.scalings,
      new ScalingReconciler({ client, stores, loadSources, clock, clusterEvents }),
      { needs: CLUSTER_CACHES, concurrency: CONCURRENT_SCALINGS },
    ),
    controller(
      'wedding',
      queues.weddings,
      new WeddingReconciler({ client, weddings: stores.weddings, clock }),
      { needs: ['weddings'] },
    ),
    controller(
      'rolloutoverride',
      queues.overrides,
      new OverrideReconciler({
        client,
        events,
        clock,
        overrides: stores.overrides,
        clusters: stores.clusters,
        changeFreezes: stores.changeFreezes,
      }),
      { needs: ['overrides', 'clusters', 'changeFreezes'] },
    ),
    controller(
      'changefreeze',
      queues.changeFreezes,
      new ChangeFreezeReconciler({
        client,
        changeFreezes: stores.changeFreezes,
        overrides: stores.overrides,
        weddings: stores.weddings,
        namespaces: parts.namespaceChangeFreezes,
        leaseClock: parts.leaseClock,
        matchedResources: config.changeFreezeResources,
        clock,
      }),
      // One at a time: those of a namespace share its label.
      { needs: ['changeFreezes', 'overrides', 'weddings'], concurrency: 1 },
    ),
    controller('presenceoptimization', queues.optimizations, parts.optimizations, {
      needs: ['optimizations', 'clusters', 'children', 'pods'],
    }),
    controller(
      'weddingcalendar',
      queues.calendars,
      new CalendarReconciler({
        client,
        events,
        clock,
        calendars: stores.calendars,
        weddings: stores.weddings,
        privateNetworkNamespaces: config.privateNetworkNamespaces,
      }),
      { needs: ['weddings', 'calendars'], concurrency: CONCURRENT_CALENDARS, timeoutMs: CALENDAR_TIMEOUT_MS },
    ),
  ];
}

/** NetworkPolicies know the pods of the operator only where the chart has said their labels. */
function defaultImages({
  images,
  imagePullSecrets,
  podPriorityClass,
  namespace,
  podLabels,
}: OperatorConfig): DefaultImages {
  return {
    ...images,
    pullSecrets: imagePullSecrets,
    ...(podPriorityClass === undefined ? {} : { priorityClass: podPriorityClass }),
    ...(Object.keys(podLabels).length === 0 ? {} : { operatorPods: { namespace, labels: podLabels } }),
  };
}
