import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import type { Decision } from '../../domain/autoscaling/decide.ts';
import { nextBoundary } from '../../domain/calendar/calendar-segments.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Outcome, ReconcileContext } from '../../platform/runtime/controller.ts';
import { dispositionOf } from '../../platform/runtime/disposition.ts';
import { keyOf } from '../../platform/runtime/object-key.ts';
import { acceptance } from '../cluster-state/accepted-spec.ts';
import { type ClusterStores, gatherCached } from '../cluster-state/gather.ts';
import type { CachedState } from '../cluster-state/observed.ts';
import { type KnownLoads, withLoad } from '../load/known-load.ts';
import { looksAtLoad } from '../load/load-book.ts';
import type { Announcer } from '../objects/announce.ts';
import { applyReplicas } from './apply-replicas.ts';
import { decideScaling } from './decide-scaling.ts';
import { deletionCosts, writeDeletionCosts } from './deletion-cost.ts';

export interface ScalingReconcilerOptions {
  client: KubeClient;
  stores: ClusterStores;
  announcer: Announcer;
  known: KnownLoads;
  clock: Clock;
}

/** How often the load is looked at, in the modes that look at it; it is asked for every 15 s. */
const LOOK_AT_LOAD_MS = 5_000;

/**
 * Writes the number of presence pods of one PresenceCluster, and nothing else. Apart from the other work, so that a
 * boundary of the calendar that a thousand share, or a Redis node that hangs, delays no pod.
 */
export class ScalingReconciler {
  readonly #options: ScalingReconcilerOptions;

  constructor(options: ScalingReconcilerOptions) {
    this.#options = options;
  }

  async reconcile(key: string, { signal }: ReconcileContext): Promise<Outcome> {
    const { stores, clock, known } = this.#options;
    const cluster = stores.clusters.get(key) as unknown as PresenceCluster | undefined;
    if (cluster === undefined || cluster.metadata.deletionTimestamp !== undefined) return { kind: 'done' };
    const { serving: spec } = acceptance(cluster);
    if (spec === undefined) return { kind: 'done' };
    const observed = withLoad(known, spec, gatherCached(stores, cluster, clock.now()));
    const decision = decideScaling(observed, spec);
    try {
      await this.#scale(observed, spec, decision, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!['gone', 'conflict'].includes(dispositionOf(error))) {
        this.#options.announcer.event(cluster, 'ApplyFailed', (error as Error).message);
      }
      throw error;
    }
    const at = nextBoundary(spec.scaling, spec.timeZone, observed.now);
    return looksAtLoad(spec.scaling.mode)
      ? { kind: 'requeueAfter', ms: LOOK_AT_LOAD_MS, orAt: at }
      : { kind: 'requeueAt', at };
  }

  async #scale(
    observed: CachedState,
    spec: PresenceClusterSpec,
    { write: wanted, demand, inputs, because }: Decision,
    signal: AbortSignal,
  ): Promise<void> {
    const { client, announcer, known } = this.#options;
    const { cluster, connections, presencePods } = observed;
    if (connections !== undefined && wanted !== undefined && wanted < (inputs.current ?? 0)) {
      // A ReplicaSet takes the pods of the lowest cost first: those with the fewest people.
      const costs = deletionCosts(presencePods, connections, spec.presence.maxConnectionsPerPod);
      await writeDeletionCosts(client, costs, signal);
    }
    const replaced = await applyReplicas(client, observed, wanted, signal);
    const load = known.loads?.get(keyOf(cluster));
    if (load !== undefined && demand !== undefined) load.memory = demand.memory;
    if (replaced === undefined) return;
    announcer.event(cluster, 'Scaled', `presence pods ${replaced} → ${wanted}: ${because}`);
  }
}
