import type { HoldFloor } from '../../domain/autoscaling/decide.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';

interface Hold {
  replicas: number;
  /** Who asked. */
  user: string;
  /** In milliseconds. */
  until: number;
}

/** The floors that accepted HoldReplicas requests ask for, by PresenceCluster, so that a reconcile reads no request. */
export class HoldRegistry {
  /** By PresenceCluster (`namespace/name`), then by request. */
  readonly #clusters = new Map<string, Map<string, Hold>>();

  set(cluster: string, request: string, hold: Hold): void {
    const holds = this.#clusters.get(cluster) ?? new Map<string, Hold>();
    holds.set(request, hold);
    this.#clusters.set(cluster, holds);
  }

  /** Whether there was one. */
  end(cluster: string, request: string): boolean {
    const holds = this.#clusters.get(cluster);
    const found = holds?.delete(request) ?? false;
    if (holds?.size === 0) this.#clusters.delete(cluster);
    return found;
  }

  /** The highest floor that is held at an instant; undefined when none is. */
  floorOf(cluster: string, now: Date): HoldFloor | undefined {
    let highest: Hold | undefined;
    for (const hold of this.#clusters.get(cluster)?.values() ?? []) {
      if (hold.until <= now.getTime()) continue;
      if (highest === undefined || hold.replicas > highest.replicas) highest = hold;
    }
    if (highest === undefined) return undefined;
    const { replicas, user, until } = highest;
    return { replicas, because: `at least ${replicas} for ${user} until ${formatInstant(until)}` };
  }

  /** Every PresenceCluster with a floor that is held at an instant. */
  floors(now: Date): Map<string, number> {
    const found = new Map<string, number>();
    for (const cluster of this.#clusters.keys()) {
      const floor = this.floorOf(cluster, now);
      if (floor !== undefined) found.set(cluster, floor.replicas);
    }
    return found;
  }
}
