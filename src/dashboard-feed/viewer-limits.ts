import type { Clock } from '../platform/runtime/clock.ts';
import { TokenBucket, type TokenRate } from '../platform/runtime/token-bucket.ts';
import { Refusal } from './refusal.ts';

/** A slider that is dragged asks some times per second; the computation of an answer takes milliseconds. */
const REQUESTS: TokenRate = { perSecond: 20, burst: 60 };
/** Viewers that are remembered; of those without a stream the oldest is forgotten. */
const MOST_VIEWERS = 1000;

export interface LimitOptions {
  clock: Clock;
  /** Streams that are open at once. */
  streams: number;
  /** Of these, for one viewer: each tab of a browser has one. */
  streamsPerViewer: number;
}

interface Known {
  streams: number;
  requests: TokenBucket;
}

/** Bounds what viewers may ask for, each and all together. */
export class ViewerLimits {
  readonly #options: LimitOptions;
  readonly #known = new Map<string, Known>();
  #streams = 0;

  constructor(options: LimitOptions) {
    this.#options = options;
  }

  /** @throws {Refusal} 429 when the viewer asks too often */
  countRequest(id: string): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (!this.#of(id, nowMs).requests.take(nowMs))
      throw new Refusal(429, `more than ${REQUESTS.perSecond} requests per second: wait some seconds`);
  }

  /**
   * Takes a place for a stream.
   *
   * @returns gives the place back
   * @throws {Refusal} 429 when the viewer has too many, 503 when all places are taken
   */
  openStream(id: string): () => void {
    const { clock, streams, streamsPerViewer } = this.#options;
    const known = this.#of(id, clock.monotonicMs());
    if (known.streams >= streamsPerViewer)
      throw new Refusal(429, `you have ${streamsPerViewer} views open already: close one`);
    if (this.#streams >= streams)
      throw new Refusal(503, `${streams} views are open already: try again when others have closed theirs`);
    known.streams += 1;
    this.#streams += 1;
    return () => {
      known.streams -= 1;
      this.#streams -= 1;
    };
  }

  #of(id: string, nowMs: number): Known {
    const found = this.#known.get(id) ?? { streams: 0, requests: new TokenBucket(REQUESTS, nowMs) };
    this.#known.delete(id);
    this.#known.set(id, found);
    if (this.#known.size > MOST_VIEWERS) this.#forgetOne();
    return found;
  }

  #forgetOne(): void {
    for (const [id, { streams }] of this.#known) {
      if (streams > 0) continue;
      this.#known.delete(id);
      return;
    }
  }
}
