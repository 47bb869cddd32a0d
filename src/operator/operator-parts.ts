import type { KubeClient } from '../platform/kube/client.ts';
import type { EventRecorder } from '../platform/kube/events.ts';
import type { Clock } from '../platform/runtime/clock.ts';
import type { Logger } from '../platform/telemetry/log.ts';
import type { Metrics } from '../platform/telemetry/metrics.ts';
import type { Stores } from './caches.ts';
import type { NamespaceChangeFreezes } from './change-freeze/namespace-change-freezes.ts';
import type { OperatorConfig } from './config.ts';
import type { LeaseClock } from './freeze-clock/lease-clock.ts';
import type { NamespaceFreezes } from './freeze-clock/namespace-freezes.ts';
import type { ConflictingAutoscalers } from './load/conflicting-autoscalers.ts';
import type { LoadRegistry } from './load/load-registry.ts';
import type { ClusterMemories } from './memory/cluster-memory.ts';
import type { ClusterEvents } from './objects/cluster-events.ts';
import type { SloRegistry } from './slo/slo-registry.ts';

/** The parts of one operator that its controllers and its tasks share. */
export interface OperatorParts {
  config: OperatorConfig;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  /** Writes only while this process leads. */
  client: KubeClient;
  stores: Stores;
  events: EventRecorder;
  clusterEvents: ClusterEvents;
  memories: ClusterMemories;
  loads: LoadRegistry;
  slos: SloRegistry;
  conflictingAutoscalers: ConflictingAutoscalers;
  freezes: NamespaceFreezes;
  namespaceChangeFreezes: NamespaceChangeFreezes;
  leaseClock: LeaseClock;
}
