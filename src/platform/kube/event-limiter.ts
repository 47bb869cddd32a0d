import { TokenBucket } from '../runtime/token-bucket.ts';

export interface EventLimits {
  /** The same thing is not said again within this time. */
  dedupeMs: number;
  /** Events of one reason that one object may cause at once. */
  burst: number;
  /** One more may follow after each of these. */
  refillMs: number;
}

/**
 * client-go's limits: 25 events, then one per 300 s; similar ones are joined over 600 s. Its spam filter counts an
 * object's events of all reasons together, and lets a chatty reason silence a rare and grave one. Here each reason
 * has its own 25; what bounds an object's events is the catalogue of reasons.
 */
export const DEFAULT_EVENT_LIMITS: EventLimits = { dedupeMs: 600_000, burst: 25, refillMs: 300_000 };

/** client-go keeps as many entries in its spam filter. */
const MAX_ENTRIES = 4096;

/** Decides which events are worth sending. Pure but for its memory; time is an argument. */
export class EventLimiter {
  readonly #limits: EventLimits;
  /** Key of an event to the time from which it may be sent again. */
  readonly #said = new Map<string, number>();
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(limits: EventLimits = DEFAULT_EVENT_LIMITS) {
    this.#limits = limits;
  }

  /**
   * @param topic identifies what the event is about, and its reason
   * @param saying identifies what it says of that
   */
  admit(topic: string, saying: string, nowMs: number): boolean {
    const id = `${topic}\0${saying}`;
    const again = this.#said.get(id);
    if (again !== undefined && nowMs < again) return false;
    if (!this.#takeToken(topic, nowMs)) return false;
    remember(this.#said, id, nowMs + this.#limits.dedupeMs);
    return true;
  }

  #takeToken(topic: string, nowMs: number): boolean {
    const { burst, refillMs } = this.#limits;
    const bucket = this.#buckets.get(topic) ?? new TokenBucket({ perSecond: 1000 / refillMs, burst }, nowMs);
    remember(this.#buckets, topic, bucket);
    return bucket.take(nowMs);
  }
}

/** Sets an entry as the newest and drops the oldest beyond the bound. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= MAX_ENTRIES) return;
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}
