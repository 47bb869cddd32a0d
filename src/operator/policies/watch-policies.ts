import type { KubeClient } from '../../platform/kube/client.ts';
import type { EventRecorder } from '../../platform/kube/events.ts';
import { Reflector } from '../../platform/kube/reflector.ts';
import { Store } from '../../platform/kube/store.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { type Controller, createController } from '../../platform/runtime/controller.ts';
import type { LeaderTask } from '../../platform/runtime/manager.ts';
import { createWorkQueue } from '../../platform/runtime/work-queue.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import type { Metrics } from '../../platform/telemetry/metrics.ts';
import { POLICY_TYPES } from './expected-policies.ts';
import { registerPolicyMetrics } from './metrics.ts';
import { ALL_POLICIES, PolicyKeeper } from './policy-keeper.ts';

export interface PolicyWatchOptions {
  client: KubeClient;
  /** Name of the ConfigMap in `namespace`. */
  configMap: string;
  namespace: string;
  events: EventRecorder;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
}

/** An upgrade or a removal of the chart touches all policies in a row: they are looked at when it is through. */
const SETTLE_MS = 1_000;
const RECONCILE_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 5_000;

/**
 * Watches the admission policies while this process leads. A task of its own, with its own caches: nothing else waits
 * for it where the API server has no such policies or RBAC does not let them be read.
 */
export function watchPolicies(options: PolicyWatchOptions): LeaderTask {
  const { client, clock, log, metrics, events, namespace, configMap } = options;
  const queue = createWorkQueue({ clock });
  const reflectors = POLICY_TYPES.map(
    (type) =>
      new Reflector({
        store: new Store(),
        onChange: () => queue.addAfter(ALL_POLICIES, SETTLE_MS),
        client,
        type,
        clock,
        log,
        metrics,
      }),
  );
  const keeper = new PolicyKeeper({
    configMap: { namespace, name: configMap },
    metrics: registerPolicyMetrics(metrics.registry),
    onReadable: () => {
      for (const reflector of reflectors) reflector.start();
    },
    client,
    events,
  });
  const controller: Controller = createController({
    name: 'admissionpolicies',
    reconcile: (key, context) => keeper.reconcile(key, context),
    timeoutMs: RECONCILE_TIMEOUT_MS,
    queue,
    clock,
    log,
    metrics,
  });
  return {
    name: 'admissionpolicies',
    start() {
      controller.start();
      queue.add(ALL_POLICIES);
    },
    async stop() {
      await controller.stop(STOP_GRACE_MS);
      await Promise.all(reflectors.map((reflector) => reflector.stop()));
    },
  };
}
