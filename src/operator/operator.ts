import { LABEL } from '../api/v1alpha1/names.ts';
import type { ZoneDataInUse } from '../domain/calendar/zones/zone-data-age.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import { createEventRecorder } from '../platform/kube/events.ts';
import { createLeaderElector } from '../platform/kube/leader-election.ts';
import type { ChangeEvent } from '../platform/kube/reflector.ts';
import type { Clock } from '../platform/runtime/clock.ts';
import { type Cache, createManager, type Manager } from '../platform/runtime/manager.ts';
import { keyOf } from '../platform/runtime/object-key.ts';
import type { Logger } from '../platform/telemetry/log.ts';
import type { Metrics } from '../platform/telemetry/metrics.ts';
import { type ChangeHandlers, createCaches, type Stores } from './caches.ts';
import { NamespaceChangeFreezes } from './change-freeze/namespace-change-freezes.ts';
import { registerClusterMetrics } from './cluster-metrics/register.ts';
import { clustersOnNode } from './cluster-state/kube-node.ts';
import type { OperatorConfig } from './config.ts';
import { createControllers, createQueues, enqueueCluster, type Queues } from './controllers.ts';
import { clockCheckName, LeaseClock } from './freeze-clock/lease-clock.ts';
import { NamespaceFreezes } from './freeze-clock/namespace-freezes.ts';
import { ConflictingAutoscalers } from './load/conflicting-autoscalers.ts';
import { fetchText } from './load/fetch-text.ts';
import { LoadRegistry } from './load/load-registry.ts';
import { BackoffClient } from './memory/backoff-client.ts';
import { ClusterMemories } from './memory/cluster-memory.ts';
import { ClusterEvents } from './objects/cluster-events.ts';
import type { OperatorParts } from './operator-parts.ts';
import { Disconnects } from './optimization/disconnects.ts';
import { HoldRegistry } from './optimization/hold-registry.ts';
import { registerRequestMetrics } from './optimization/metrics.ts';
import { ALL_REQUESTS, GATHER_REQUESTS_MS, OptimizationReconciler } from './optimization/reconcile.ts';
import { SloRegistry } from './slo/slo-registry.ts';
import { createTasks } from './tasks.ts';
import { affectedClusters } from './wedding/affected-clusters.ts';
import { registerZoneDataMetrics } from './zone-data.ts';

export interface OperatorOptions {
  config: OperatorConfig;
  client: KubeClient;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  /** Unique to this process. */
  identity: string;
  /** The IANA time zone data of this process. */
  zoneData: ZoneDataInUse;
}

export interface Operator {
  manager: Manager;
  /** Ends the connections to Redis; once the manager has stopped, because a reconcile would open them again. */
  close(): void;
}

/**
 * Puts the operator together, not yet started, each part from those before it: stores, queues, memories, reconcilers and
 * controllers, tasks, and last the watches, which fill the stores and enqueue.
 */
export function createOperator(options: OperatorOptions): Operator {
  const { config, clock, log, metrics, zoneData } = options;
  registerZoneDataMetrics(metrics.registry, clock, zoneData);
  const election = createLeaderElector({
    client: options.client,
    namespace: config.namespace,
    name: config.leaseName,
    identity: options.identity,
    clock,
    log,
    onLost: (reason) => log.error({ reason }, 'leadership lost'),
  });
  metrics.forLeaderElection(config.leaseName, () => election.isLeader());
  const leading = config.leaderElection
    ? options.client.scoped({ fence: () => election.fence(), signal: election.lost })
    : options.client;
  const memories = new ClusterMemories();
  const client = new BackoffClient(leading, memories.refusedWrites, clock);
  const events = createEventRecorder({
    client: leading,
    component: 'presence-operator',
    instance: config.podName,
    clock,
    log,
  });
  const clusterEvents = new ClusterEvents(events);

  const caches = createCaches(config.watchNamespaces);
  const { stores } = caches;
  const queues = createQueues(clock);
  const loads = new LoadRegistry();
  const slos = new SloRegistry();
  const holds = new HoldRegistry();
  const conflictingAutoscalers = new ConflictingAutoscalers({
    client,
    namespaces: config.watchNamespaces,
    clusters: () => stores.clusters.list().map(keyOf),
    enqueue: (key) => enqueueCluster(queues, key),
    clock,
    log,
  });
  const optimizations = new OptimizationReconciler({
    client,
    clusters: stores.clusters,
    holds,
    disconnects: new Disconnects({ client, events, stores, fetchText, clock }),
    events,
    metrics: registerRequestMetrics(metrics.registry, holds, clock),
    enqueue: (key) => enqueueCluster(queues, key),
    clock,
  });
  const parts: OperatorParts = {
    config,
    clock,
    log,
    metrics,
    client,
    stores,
    events,
    clusterEvents,
    memories,
    loads,
    slos,
    conflictingAutoscalers,
    freezes: new NamespaceFreezes({ client, exists: (key) => stores.clusters.get(key) !== undefined }),
    namespaceChangeFreezes: new NamespaceChangeFreezes({
      client,
      exists: (key) => stores.changeFreezes.get(key) !== undefined,
    }),
    leaseClock: new LeaseClock({
      client,
      lease: config.freezeClockLease,
      check: { namespace: config.namespace, name: clockCheckName(config.leaseName) },
      clock,
    }),
  };
  const watched: Cache[] = [];
  const controllers = createControllers(queues, {
    ...parts,
    optimizations,
    holds,
    unwatchedKinds: () => unwatchedKinds(watched),
    zoneData,
  });
  const mayAct = (): boolean => !config.leaderElection || election.isLeader();
  registerClusterMetrics(metrics.registry, { stores, memories, isLeader: mayAct, clock });
  const tasks = createTasks(queues, { ...parts, mayAct });

  // With the client that needs no lease: every replica fills its caches.
  const watches = caches.watch(
    { client: options.client, clock, log, metrics },
    onChange(queues, stores, optimizations),
  );
  watched.push(...Object.values(watches).flat());
  const needs = new Map(
    [...controllers, ...tasks].map(({ run, needs: names }) => [run, names.flatMap((name) => watches[name])]),
  );
  const manager = createManager({
    caches: watched,
    controllers: controllers.map(({ run }) => run),
    tasks: tasks.map(({ run }) => run),
    needs: (runnable) => needs.get(runnable) ?? watched,
    ...(config.leaderElection ? { election } : {}),
    drain: () => events.flush(),
    clock,
    log,
  });
  return { manager, close: () => memories.close() };
}

/** Kinds that cannot be watched until a person repairs it, each with the reason. */
function unwatchedKinds(watched: readonly Cache[]): string[] {
  return watched.flatMap(({ name, lastError }) =>
    lastError === undefined || lastError.kind === 'unavailable'
      ? []
      : [`${name} (${lastError.kind}: ${lastError.message})`],
  );
}

/** Which reconcilers a change of an object enqueues. */
function onChange(queues: Queues, stores: Stores, optimizations: OptimizationReconciler): ChangeHandlers {
  // Also the PresenceCluster whose label the object has lost: it puts the label back.
  const enqueueOwner = ({ object, previous, fromList }: ChangeEvent): void => {
    const names = new Set([object, previous].map((each) => each?.metadata.labels?.[LABEL.cluster]));
    for (const name of names)
      if (name) enqueueCluster(queues, `${object.metadata.namespace}/${name}`, fromList);
  };
  return {
    clusters: ({ key, fromList }) => {
      enqueueCluster(queues, key, fromList);
      // What an earlier process has published of requests that are gone is withdrawn.
      if (fromList) queues.optimizations.addAfter(ALL_REQUESTS, GATHER_REQUESTS_MS);
    },
    weddings: (event) => {
      queues.weddings.add(event.key, priority(event.fromList));
      for (const cluster of affectedClusters(event, stores.clusters)) {
        enqueueCluster(queues, cluster, event.fromList);
      }
      for (const freeze of stores.changeFreezes.list(event.object.metadata.namespace)) {
        if (freeze.spec.weddings !== undefined)
          queues.changeFreezes.add(keyOf(freeze), priority(event.fromList));
      }
    },
    changeFreezes: ({ key, fromList }) => queues.changeFreezes.add(key, priority(fromList)),
    overrides: ({ key, object: { metadata, spec }, fromList }) => {
      queues.overrides.add(key, priority(fromList));
      const { presenceClusterName, changeFreezeName } = spec;
      const queue = changeFreezeName === undefined ? queues.clusters : queues.changeFreezes;
      queue.add(`${metadata.namespace}/${changeFreezeName ?? presenceClusterName}`, priority(fromList));
    },
    calendars: ({ key, fromList }) => queues.calendars.add(key, priority(fromList)),
    optimizations: (event) => {
      optimizations.note(event);
      queues.optimizations.addAfter(ALL_REQUESTS, GATHER_REQUESTS_MS);
    },
    nodes: (event) => {
      for (const cluster of clustersOnNode(event, stores.pods)) queues.clusters.add(cluster);
    },
    pods: enqueueOwner,
    claims: enqueueOwner,
    children: enqueueOwner,
  };
}

function priority(fromList: boolean): { priority: 'low' | 'normal' } {
  return { priority: fromList ? 'low' : 'normal' };
}
