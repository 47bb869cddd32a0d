/** What a member shows of itself. */
export interface Presence {
  /** At most 64 characters. `null` removes it; left out it stays as it is. */
  readonly status?: string | null;
  /**
   * What JSON can hold, at most 2,048 bytes and 16 levels of arrays and objects. `null` removes it; left out it
   * stays as it is. It is copied: what the application changes in it later is not shown before the next `update`.
   */
  readonly data?: unknown;
}
