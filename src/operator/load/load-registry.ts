import { ClusterLoad } from './cluster-load.ts';

/** Modes of scaling that use the load. */
const LOAD_MODES: ReadonlySet<string> = new Set(['ForecastOnly', 'ScaleOutOnly', 'Full']);

export function usesLoad(mode: string | undefined): boolean {
  return mode !== undefined && LOAD_MODES.has(mode);
}

/** The load of each PresenceCluster whose mode uses it, in the memory of the leader. */
export class LoadRegistry {
  /** By `namespace/name`. */
  readonly #loads = new Map<string, ClusterLoad>();

  get(key: string): ClusterLoad | undefined {
    return this.#loads.get(key);
  }

  /** The load of a PresenceCluster, from now on. */
  of(key: string): ClusterLoad {
    const load = this.#loads.get(key) ?? new ClusterLoad();
    this.#loads.set(key, load);
    return load;
  }

  forget(key: string): void {
    this.#loads.delete(key);
  }

  keys(): IterableIterator<string> {
    return this.#loads.keys();
  }
}
