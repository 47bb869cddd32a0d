import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import type { Decision } from '../../domain/autoscaling/decide.ts';
import { nextBoundary } from '../../domain/calendar/calendar-segments.ts';
import type { PauseState } from '../../domain/pause/pause-at.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Outcome, ReconcileContext } from '../../platform/runtime/controller.ts';
import { dispositionOf } from '../../platform/runtime/disposition.ts';
import { keyOf } from '../../platform/runtime/object-key.ts';
import { acceptance } from '../cluster-state/accepted-spec.ts';
import { isServed } from '../cluster-state/deletion.ts';
import { type ClusterStores, gatherCached } from '../cluster-state/gather.ts';
import type { ScalingState } from '../cluster-state/observed.ts';
import { pauseOf } from '../cluster-state/pause.ts';
import { usesLoad } from '../load/load-registry.ts';
import { type LoadSources, loadState } from '../load/load-state.ts';
import { isLasting } from '../memory/refusal-backoff.ts';
import type { ClusterEvents } from '../objects/cluster-events.ts';
import { EVENT_NOTES } from '../objects/event-notes.ts';
import { applyReplicas, type WrittenReplicas } from './apply-replicas.ts';
import { decideScaling } from './decide-scaling.ts';
import { deletionCosts, writeDeletionCosts } from './deletion-cost.ts';

export interface ScalingReconcilerOptions {
  client: KubeClient;
  stores: ClusterStores;
  clusterEvents: ClusterEvents;
  loadSources: LoadSources;
  clock: Clock;
}

/** Pods wait for it that the calendar has announced. The client does not repeat what was refused before its time. */
const AFTER_A_REFUSAL_MS = 5_000;

/** How often the number is decided again in the modes that use the load, which is scraped every 15 s. */
const DECIDE_BY_LOAD_MS = 5_000;

/**
 * Writes the number of presence pods of one PresenceCluster, and nothing else. Apart from the other work, so that a
 * boundary of the calendar that a thousand share, or a Redis node that hangs, delays no pod.
 */
export class ScalingReconciler {
  readonly #options: ScalingReconcilerOptions;
  readonly #written: WrittenReplicas = new WeakMap();
  /** Refusals that have their event: while one lasts, the client throws it again. */
  readonly #reported = new WeakSet<Error>();

  constructor(options: ScalingReconcilerOptions) {
    this.#options = options;
  }

  async reconcile(key: string, { signal }: ReconcileContext): Promise<Outcome> {
    const { stores, clock, loadSources } = this.#options;
    const cluster = stores.clusters.get(key);
    if (cluster === undefined || !isServed(cluster)) return { kind: 'done' };
    const { serving: spec } = acceptance(cluster);
    if (spec === undefined) return { kind: 'done' };
    const cached = gatherCached(stores, cluster, clock.now());
    const observed: ScalingState = { ...cached, ...loadState(loadSources, spec, cached) };
    const decision = decideScaling(observed, spec);
    const at = nextDecision(spec, pauseOf(cluster, observed.now), observed.now);
    try {
      await this.#scale(observed, spec, decision, signal);
    } catch (error) {
      signal.throwIfAborted();
      this.#tell(cluster, error as Error);
      if (isLasting(error)) return { kind: 'requeueAfter', ms: AFTER_A_REFUSAL_MS, orAt: at };
      throw error;
    }
    return usesLoad(spec.scaling.mode)
      ? { kind: 'requeueAfter', ms: DECIDE_BY_LOAD_MS, orAt: at }
      : { kind: 'requeueAt', at };
  }

  #tell(cluster: PresenceCluster, error: Error): void {
    if (['gone', 'conflict'].includes(dispositionOf(error)) || this.#reported.has(error)) return;
    this.#reported.add(error);
    this.#options.clusterEvents.record(cluster, 'ApplyFailed', error.message);
  }

  async #scale(
    observed: ScalingState,
    spec: PresenceClusterSpec,
    { write: wanted, demand, inputs, because }: Decision,
    signal: AbortSignal,
  ): Promise<void> {
    const { client, clusterEvents, loadSources } = this.#options;
    const { cluster, connections, presencePods } = observed;
    if (connections !== undefined && wanted !== undefined && wanted < (inputs.current ?? 0)) {
      // A ReplicaSet takes the pods of the lowest cost first: those with the fewest people.
      const costs = deletionCosts(presencePods, connections, spec.presence.maxConnectionsPerPod);
      await writeDeletionCosts(client, costs, signal);
    }
    const replaced = await applyReplicas(client, observed, wanted, { written: this.#written, signal });
    const load = loadSources.loads.get(keyOf(cluster));
    if (load !== undefined && demand !== undefined) load.memory = demand.memory;
    if (replaced === undefined) return;
    clusterEvents.record(cluster, 'Scaled', EVENT_NOTES.scaled(replaced, wanted, because));
  }
}

/** The next boundary of the calendar, or the end of a pause. */
function nextDecision({ scaling, timeZone }: PresenceClusterSpec, pause: PauseState, now: Date): Date {
  const boundary = nextBoundary(scaling, timeZone, now);
  return pause.active && pause.until !== undefined && pause.until < boundary ? pause.until : boundary;
}
