import type { LeaderTask } from '../platform/runtime/manager.ts';
import type { CacheName } from './caches.ts';
import { CLUSTER_CACHES, type Queues, type Registration } from './controllers.ts';
import { sweepNamespaces } from './freeze-clock/sweep-namespaces.ts';
import { fetchText } from './load/fetch-text.ts';
import { watchLoad } from './load/watch-load.ts';
import type { OperatorParts } from './operator-parts.ts';
import { watchPolicies } from './policies/watch-policies.ts';
import { watchPrimaries } from './presence-cluster/redis/watch-primaries.ts';
import { createFailoverMetrics } from './redis/failover-metrics.ts';

export interface TaskParts extends OperatorParts {
  /** Whether this process is the leader at this very moment. */
  mayAct: () => boolean;
}

/** Loops of the leader outside the work queues, each with the caches that it needs. */
export function createTasks(queues: Queues, parts: TaskParts): Registration<LeaderTask>[] {
  const { config, clock, log, metrics, client, stores, events } = parts;
  const enqueue = (key: string): void => queues.clusters.add(key);
  const task = (run: LeaderTask, needs: readonly CacheName[]): Registration<LeaderTask> => ({ run, needs });
  const { namespace, policiesConfigMap: configMap, watchNamespaces: namespaces } = config;
  // ChangeFreezes first: they write to the very version that was listed.
  const sweepers = [parts.namespaceChangeFreezes, parts.freezes];
  return [
    task(
      watchPrimaries({
        stores,
        memories: parts.memories,
        events: parts.clusterEvents,
        metrics: createFailoverMetrics(metrics.registry),
        mayAct: parts.mayAct,
        enqueue,
        clock,
      }),
      CLUSTER_CACHES,
    ),
    task(
      watchLoad({ stores, client, clock, log, fetchText, loads: parts.loads, slos: parts.slos, enqueue }),
      CLUSTER_CACHES,
    ),
    task(parts.conflictingAutoscalers, CLUSTER_CACHES),
    ...(config.freezeClockLease === undefined
      ? []
      : [
          task(sweepNamespaces({ client, sweepers, namespaces, clock, log }), [
            ...CLUSTER_CACHES,
            'changeFreezes',
          ]),
        ]),
    // The admission policies have caches of their own.
    ...(configMap === undefined
      ? []
      : [task(watchPolicies({ configMap, namespace, client, events, clock, log, metrics }), [])]),
  ];
}
