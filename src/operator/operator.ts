import type { Wedding } from '../api/v1alpha1/kinds.ts';
import { LABEL } from '../api/v1alpha1/names.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import { createEventRecorder, type EventRecorder } from '../platform/kube/events.ts';
import { createLeaderElector } from '../platform/kube/leader-election.ts';
import type { ChangeEvent } from '../platform/kube/reflector.ts';
import { keyOf } from '../platform/kube/resource.ts';
import type { Clock } from '../platform/runtime/clock.ts';
import { type Controller, createController } from '../platform/runtime/controller.ts';
import { createManager, type Manager } from '../platform/runtime/manager.ts';
import { createWorkQueue, type WorkQueue } from '../platform/runtime/work-queue.ts';
import type { Logger } from '../platform/telemetry/log.ts';
import type { Metrics } from '../platform/telemetry/metrics.ts';
import { type Caches, createCaches } from './caches.ts';
import type { OperatorConfig } from './config.ts';
import { CHILD_TYPES } from './kinds.ts';
import { Announcer } from './presence-cluster/announce.ts';
import type { ClusterStores } from './presence-cluster/gather.ts';
import { ClusterReconciler } from './presence-cluster/reconcile.ts';
import { RedisAdmins } from './presence-cluster/redis-admins.ts';
import { WeddingReconciler } from './wedding/reconcile.ts';

export interface OperatorOptions {
  config: OperatorConfig;
  client: KubeClient;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  /** Unique to this process. */
  identity: string;
}

/** A pass with six Redis nodes of which some hang must end well inside it. */
const RECONCILE_TIMEOUT_MS = 60_000;
/** A hung Redis of one PresenceCluster must not hold up the others. */
const CONCURRENT_CLUSTERS = 4;

type Queues = { clusters: WorkQueue; weddings: WorkQueue };

/** Caches, queues, controllers and leader election of the operator, put together and not yet started. */
export function createOperator(options: OperatorOptions): { manager: Manager; events: EventRecorder } {
  const { config, clock, log, metrics } = options;
  const queues: Queues = { clusters: createWorkQueue({ clock }), weddings: createWorkQueue({ clock }) };
  const caches = watchEverything(options, queues);
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
  const manager = createManager({
    caches: caches.reflectors,
    controllers: controllers(options, queues, caches.stores, client, new Announcer(events)),
    ...(config.leaderElection ? { election } : {}),
    clock,
    log,
  });
  return { manager, events };
}

function watchEverything(options: OperatorOptions, queues: Queues): Caches {
  const { config, client, clock, log, metrics } = options;
  const caches: Caches = createCaches({
    client,
    namespaces: config.watchNamespaces,
    clock,
    log,
    metrics,
    onChange: {
      cluster: ({ key, fromList }) => queues.clusters.add(key, priority(fromList)),
      wedding: ({ key, object, previous, fromList }) => {
        queues.weddings.add(key, priority(fromList));
        // Its own status is no news to the PresenceClusters.
        if (previous !== undefined && previous.metadata.generation === object.metadata.generation) return;
        for (const cluster of clustersOf(object as unknown as Wedding, caches.stores)) {
          queues.clusters.add(cluster, priority(fromList));
        }
      },
      child: ({ object, fromList }: ChangeEvent) => {
        const name = object.metadata.labels?.[LABEL.cluster];
        if (name) queues.clusters.add(`${object.metadata.namespace}/${name}`, priority(fromList));
      },
    },
  });
  return caches;
}

function clustersOf(wedding: Wedding, stores: ClusterStores): string[] {
  const { presenceClusterName } = wedding.spec;
  return stores.clusters
    .list(wedding.metadata.namespace)
    .filter(({ metadata }) => presenceClusterName === undefined || metadata.name === presenceClusterName)
    .map(keyOf);
}

function controllers(
  { config, clock, log, metrics }: OperatorOptions,
  queues: Queues,
  stores: ClusterStores,
  client: KubeClient,
  announcer: Announcer,
): Controller[] {
  const clusters = new ClusterReconciler({
    applier: { client, applied: new Map(), types: new Map(CHILD_TYPES.map((type) => [type.kind, type])) },
    stores,
    admins: new RedisAdmins(),
    announcer,
    images: { ...config.images, pullSecrets: config.imagePullSecrets },
    clock,
  });
  const weddings = new WeddingReconciler({ client, weddings: stores.weddings, clock });
  const controller = (name: string, queue: WorkQueue, reconciler: ClusterReconciler | WeddingReconciler) => {
    return createController({
      name,
      queue,
      reconcile: (key, context) => reconciler.reconcile(key, context),
      clock,
      log,
      concurrency: CONCURRENT_CLUSTERS,
      timeoutMs: RECONCILE_TIMEOUT_MS,
      metrics,
    });
  };
  return [
    controller('presencecluster', queues.clusters, clusters),
    controller('wedding', queues.weddings, weddings),
  ];
}

function priority(fromList: boolean): { priority: 'low' | 'normal' } {
  return { priority: fromList ? 'low' : 'normal' };
}
