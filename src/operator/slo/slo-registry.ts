import { ClusterSlo, type SloView } from './cluster-slo.ts';

/** The objectives of each PresenceCluster, in the memory of the leader. */
export class SloRegistry {
  /** By `namespace/name`. */
  readonly #slos = new Map<string, ClusterSlo>();

  /** What status shows; undefined before anything is known. */
  view(key: string): SloView | undefined {
    return this.#slos.get(key)?.view;
  }

  /** The objectives of a PresenceCluster, from now on. */
  of(key: string): ClusterSlo {
    const slo = this.#slos.get(key) ?? new ClusterSlo();
    this.#slos.set(key, slo);
    return slo;
  }

  forget(key: string): void {
    this.#slos.delete(key);
  }

  keys(): IterableIterator<string> {
    return this.#slos.keys();
  }
}
