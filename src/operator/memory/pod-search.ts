/** A search is one request for each pod that is missing; for one that was deleted it finds nothing. */
const MIN_INTERVAL_MS = 30_000;

/**
 * When pods of one PresenceCluster that the cache does not have were last looked for by their names. The cache has only pods with our
 * label, so a pod that lost it is found by its name alone.
 */
export class PodSearch {
  #searchedAtMs = new Map<string, number>();

  /**
   * Those of the missing pods that are to be looked for now; they count as searched.
   *
   * @param nowMs monotonic milliseconds
   */
  due(missing: readonly string[], nowMs: number): string[] {
    this.#searchedAtMs = new Map([...this.#searchedAtMs].filter(([name]) => missing.includes(name)));
    const due = missing.filter(
      (name) => nowMs - (this.#searchedAtMs.get(name) ?? Number.NEGATIVE_INFINITY) >= MIN_INTERVAL_MS,
    );
    for (const name of due) this.#searchedAtMs.set(name, nowMs);
    return due;
  }
}
