import { WINDOW_MS } from '../../domain/optimization/request-window.ts';

/**
 * When each user's requests were made that were not refused for their rate. Kept beside the objects, because deleting
 * a request does not give its place back; made again from the objects after a restart.
 */
export class RequestLog {
  /** By user, then by uid of the request. */
  readonly #users = new Map<string, Map<string, number>>();
  #tidiedAt = 0;

  get users(): number {
    return this.#users.size;
  }

  record(user: string, uid: string, at: number): void {
    const requests = this.#users.get(user) ?? new Map<string, number>();
    requests.set(uid, at);
    this.#users.set(user, requests);
  }

  /** Instants of the user's requests but this one, which may be judged twice. */
  taken(user: string, but: string): number[] {
    return [...(this.#users.get(user) ?? [])].filter(([uid]) => uid !== but).map(([, at]) => at);
  }

  /** Forgets requests that are too old to count for one that is made now, with as much room for clocks that differ. */
  tidy(nowMs: number): void {
    if (Math.abs(nowMs - this.#tidiedAt) < WINDOW_MS) return;
    this.#tidiedAt = nowMs;
    const oldest = nowMs - 2 * WINDOW_MS;
    for (const [user, requests] of this.#users) {
      for (const [uid, at] of requests) if (at < oldest) requests.delete(uid);
      if (requests.size === 0) this.#users.delete(user);
    }
  }
}
