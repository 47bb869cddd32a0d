import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { PresenceClusterStatus } from '../../api/v1alpha1/presence-cluster-status.ts';

/** A change of status that may wait is shown at most this time later, in milliseconds. */
const WAITS_MS = 1_000;

/** The status that this process wrote last to one PresenceCluster, and when. */
export class WrittenStatus {
  #last: { version: string; status: PresenceClusterStatus; atMs: number } | undefined;

  /**
   * The PresenceCluster with the status that was written last, while the cache still shows the version from before. A pass that decides
   * from older words would write them again.
   */
  shown(cluster: PresenceCluster): PresenceCluster {
    const last = this.#last;
    if (last === undefined || last.version !== cluster.metadata.resourceVersion) return cluster;
    return { ...cluster, status: last.status };
  }

  /** How long a change that may wait has to wait, so that a thousand pods that start are one write per second. */
  waitMs(nowMs: number): number {
    return this.#last === undefined ? 0 : Math.max(0, this.#last.atMs + WAITS_MS - nowMs);
  }

  /** @param cluster as the cache showed it when the status was written */
  note({ metadata }: PresenceCluster, status: PresenceClusterStatus, nowMs: number): void {
    this.#last = { version: metadata.resourceVersion ?? '', status, atMs: nowMs };
  }
}
