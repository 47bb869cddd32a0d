import type { RolloutOverride } from '../api/v1alpha1/kinds.ts';
import { LABEL } from '../api/v1alpha1/names.ts';
import { zonesInForce } from '../domain/calendar/zones/zones-in-force.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import { createEventRecorder, type EventRecorder } from '../platform/kube/events.ts';
import { createLeaderElector } from '../platform/kube/leader-election.ts';
import type { ChangeEvent, Reflector } from '../platform/kube/reflector.ts';
import type { Clock } from '../platform/runtime/clock.ts';
import { createManager, type LeaderTask, type Manager } from '../platform/runtime/manager.ts';
import { keyOf } from '../platform/runtime/object-key.ts';
import type { Logger } from '../platform/telemetry/log.ts';
import type { Metrics } from '../platform/telemetry/metrics.ts';
import { type Caches, createCaches } from './caches.ts';
import { clustersOnNode } from './cluster-state/kube-node.ts';
import { RedisAdmins } from './cluster-state/redis-admins.ts';
import type { OperatorConfig } from './config.ts';
import { createControllers, createQueues, type Queues } from './controllers.ts';
import { fetchText } from './load/fetch-text.ts';
import { ForeignScalers } from './load/foreign-scalers.ts';
import { LoadBook } from './load/load-book.ts';
import { watchLoad } from './load/watch-load.ts';
import { Announcer } from './objects/announce.ts';
import { HoldBook } from './optimization/hold-book.ts';
import { registerRequestMetrics } from './optimization/metrics.ts';
import { ALL_REQUESTS, GATHER_REQUESTS_MS, OptimizationReconciler } from './optimization/reconcile.ts';
import { watchPolicies } from './policies/watch-policies.ts';
import { watchPrimaries } from './presence-cluster/redis/watch-primaries.ts';
import { FailoverLog } from './redis/failover-log.ts';
import { createFailoverMetrics } from './redis/failover-metrics.ts';
import { clustersToTell } from './wedding/clusters-to-tell.ts';
import { registerZoneDataMetrics } from './zone-data.ts';

export interface OperatorOptions {
  config: OperatorConfig;
  client: KubeClient;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  /** Unique to this process. */
  identity: string;
  /** Version of the IANA time zone data of this process. */
  zoneData: string;
  /** Version of the time zone data that Node has, for comparison. */
  runtimeTzdb?: string;
}

export interface Operator {
  manager: Manager;
  /** Ends the connections to Redis; once the manager has stopped, because a pass would open them again. */
  close(): void;
}

/** Caches, queues, controllers and leader election of the operator, put together and not yet started. */
export function createOperator(options: OperatorOptions): Operator {
  const { config, clock, log, metrics } = options;
  const queues = createQueues(clock);
  registerZoneDataMetrics(metrics.registry, clock, zonesInForce(), options.runtimeTzdb ?? 'unknown');
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
  const client = config.leaderElection
    ? options.client.scoped({ fence: () => election.fence(), signal: election.lost })
    : options.client;
  const events = createEventRecorder({
    client,
    component: 'presence-operator',
    instance: config.podName,
    clock,
    log,
  });
  const holds = new HoldBook();
  const optimizations = new OptimizationReconciler({
    cluster: (key) => caches.stores.clusters.get(key),
    metrics: registerRequestMetrics(metrics.registry, holds, clock),
    look: (key) => wake(queues, key),
    ...{ client, holds, events, clock },
  });
  const caches = watchEverything(options, queues, optimizations);
  const admins = new RedisAdmins();
  const failovers = new FailoverLog();
  const loads = new LoadBook();
  const foreignScalers = new ForeignScalers({
    ...{ client, clock, log },
    namespaces: config.watchNamespaces,
    clusters: () => caches.stores.clusters.list().map(keyOf),
    look: (key) => wake(queues, key),
  });
  const announcer = new Announcer(events);
  const manager = createManager({
    caches: caches.reflectors,
    controllers: createControllers(queues, {
      ...{ config, clock, log, metrics },
      ...{ client, stores: caches.stores, events, admins, announcer, failovers },
      ...{ optimizations, holds, loads, foreignScalers },
      unseen: () => unseen(caches),
      zoneData: options.zoneData,
    }),
    tasks: [
      watchPrimaries({
        stores: caches.stores,
        admins,
        failovers,
        announcer,
        metrics: createFailoverMetrics(metrics.registry),
        mayAct: () => !config.leaderElection || election.isLeader(),
        look: (key) => queues.clusters.add(key),
        clock,
      }),
      watchLoad({
        ...{ stores: caches.stores, client, clock, log, fetchText },
        book: loads,
        look: (key) => queues.clusters.add(key),
      }),
      foreignScalers,
      ...policyTasks(options, client, events),
    ],
    needs: ({ name }) => cachesFor(name, caches.reflectors),
    ...(config.leaderElection ? { election } : {}),
    drain: () => events.flush(),
    clock,
    log,
  });
  return { manager, close: () => admins.close() };
}

/** Kinds that a PresenceCluster can do without: break-glass, requests and the roles of nodes wait, nothing else. */
const DISPENSABLE = new Set(['rolloutoverrides', 'presenceoptimizations', 'weddingcalendars', 'nodes']);

/** What a controller or task must not begin without. What it can do without is waited for as well, but not for people. */
function cachesFor(name: string, caches: readonly Reflector[]): Reflector[] {
  const named = (...kinds: string[]) => caches.filter(({ kind }) => kinds.includes(kind));
  switch (name) {
    // The admission policies have caches of their own.
    case 'admissionpolicies':
      return [];
    case 'wedding':
      return named('weddings');
    case 'weddingcalendar':
      return named('weddings', 'weddingcalendars');
    case 'rolloutoverride':
      return named('rolloutoverrides', 'presenceclusters');
    case 'presenceoptimization':
      return named('presenceoptimizations', 'presenceclusters');
    default:
      return caches.filter(({ kind }) => !DISPENSABLE.has(kind));
  }
}

/** Kinds that cannot be watched until somebody repairs it, each with the reason. */
function unseen({ reflectors }: Caches): string[] {
  return reflectors.flatMap(({ name, trouble }) =>
    trouble === undefined || trouble.kind === 'unavailable'
      ? []
      : [`${name} (${trouble.kind}: ${trouble.message})`],
  );
}

function policyTasks(
  { config, clock, log, metrics }: OperatorOptions,
  client: KubeClient,
  events: EventRecorder,
): LeaderTask[] {
  const { namespace, policiesConfigMap: configMap } = config;
  return configMap === undefined
    ? []
    : [watchPolicies({ configMap, namespace, client, events, clock, log, metrics })];
}

function watchEverything(
  options: OperatorOptions,
  queues: Queues,
  optimizations: OptimizationReconciler,
): Caches {
  const { config, client, clock, log, metrics } = options;
  const caches: Caches = createCaches({
    client,
    namespaces: config.watchNamespaces,
    clock,
    log,
    metrics,
    onChange: {
      cluster: ({ key, fromList }) => wake(queues, key, fromList),
      wedding: (event) => {
        queues.weddings.add(event.key, priority(event.fromList));
        for (const cluster of clustersToTell(event, caches.stores.clusters)) {
          wake(queues, cluster, event.fromList);
        }
      },
      override: ({ key, object, fromList }) => {
        queues.overrides.add(key, priority(fromList));
        const { presenceClusterName } = (object as unknown as RolloutOverride).spec;
        queues.clusters.add(`${object.metadata.namespace}/${presenceClusterName}`, priority(fromList));
      },
      calendar: ({ key, fromList }) => queues.calendars.add(key, priority(fromList)),
      optimization: (event) => {
        optimizations.note(event);
        queues.optimizations.addAfter(ALL_REQUESTS, GATHER_REQUESTS_MS);
      },
      node: (event) => {
        for (const cluster of clustersOnNode(event, caches.stores.pods)) queues.clusters.add(cluster);
      },
      child: ({ object, fromList }: ChangeEvent) => {
        const name = object.metadata.labels?.[LABEL.cluster];
        if (name) wake(queues, `${object.metadata.namespace}/${name}`, fromList);
      },
    },
  });
  return caches;
}

/** Has a PresenceCluster looked at: its pods' number at once, everything else when its turn comes. */
function wake(queues: Queues, key: string, fromList = false): void {
  queues.scalings.add(key, priority(fromList));
  queues.clusters.add(key, priority(fromList));
}

function priority(fromList: boolean): { priority: 'low' | 'normal' } {
  return { priority: fromList ? 'low' : 'normal' };
}
