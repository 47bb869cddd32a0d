import type { RolloutOverride } from '../api/v1alpha1/kinds.ts';
import { LABEL } from '../api/v1alpha1/names.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import { createEventRecorder, type EventRecorder } from '../platform/kube/events.ts';
import { createLeaderElector } from '../platform/kube/leader-election.ts';
import type { ChangeEvent } from '../platform/kube/reflector.ts';
import type { Clock } from '../platform/runtime/clock.ts';
import { createManager, type Manager } from '../platform/runtime/manager.ts';
import type { Logger } from '../platform/telemetry/log.ts';
import type { Metrics } from '../platform/telemetry/metrics.ts';
import { type Caches, createCaches } from './caches.ts';
import type { OperatorConfig } from './config.ts';
import { createControllers, createQueues, type Queues } from './controllers.ts';
import { Announcer } from './presence-cluster/announce.ts';
import { RedisAdmins } from './presence-cluster/redis-admins.ts';
import { watchPrimaries } from './presence-cluster/watch-primaries.ts';
import { FailoverLog } from './redis/failover-log.ts';
import { createFailoverMetrics } from './redis/failover-metrics.ts';
import { clustersToTell } from './wedding/clusters-to-tell.ts';

export interface OperatorOptions {
  config: OperatorConfig;
  client: KubeClient;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  /** Unique to this process. */
  identity: string;
}

export interface Operator {
  manager: Manager;
  events: EventRecorder;
  /** Ends the connections to Redis; once the manager has stopped, because a pass would open them again. */
  close(): void;
}

/** Caches, queues, controllers and leader election of the operator, put together and not yet started. */
export function createOperator(options: OperatorOptions): Operator {
  const { config, clock, log, metrics } = options;
  const queues = createQueues(clock);
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
  const admins = new RedisAdmins();
  const failovers = new FailoverLog();
  const announcer = new Announcer(events);
  const manager = createManager({
    caches: caches.reflectors,
    controllers: createControllers(queues, {
      ...{ config, clock, log, metrics },
      ...{ client, stores: caches.stores, events, admins, announcer, failovers },
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
    ],
    // Weddings are told about without anything else; a PresenceCluster needs everything.
    needs: ({ name }) =>
      name === 'wedding'
        ? caches.reflectors.filter((cache) => cache.name.startsWith('weddings'))
        : caches.reflectors,
    ...(config.leaderElection ? { election } : {}),
    clock,
    log,
  });
  return { manager, events, close: () => admins.close() };
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
      wedding: (event) => {
        queues.weddings.add(event.key, priority(event.fromList));
        for (const cluster of clustersToTell(event, caches.stores.clusters)) {
          queues.clusters.add(cluster, priority(event.fromList));
        }
      },
      override: ({ key, object, fromList }) => {
        queues.overrides.add(key, priority(fromList));
        const { presenceClusterName } = (object as unknown as RolloutOverride).spec;
        queues.clusters.add(`${object.metadata.namespace}/${presenceClusterName}`, priority(fromList));
      },
      child: ({ object, fromList }: ChangeEvent) => {
        const name = object.metadata.labels?.[LABEL.cluster];
        if (name) queues.clusters.add(`${object.metadata.namespace}/${name}`, priority(fromList));
      },
    },
  });
  return caches;
}

function priority(fromList: boolean): { priority: 'low' | 'normal' } {
  return { priority: fromList ? 'low' : 'normal' };
}
