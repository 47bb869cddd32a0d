import type { ServerResponse } from 'node:http';
import type { Clock } from '../../platform/runtime/clock.ts';

/** One message for a viewer. */
export interface FeedText {
  event: string;
  /** What the viewer knows after it. */
  version: number;
  /** JSON on one line. */
  text: string;
}

/** Something that changes and that viewers follow. Versions rise; 0 is a viewer that knows nothing. */
export interface Feed {
  /** What a viewer at this version lacks; undefined when nothing. */
  since(version: number): FeedText | undefined;
}

/** A viewer that reads nothing for this time has gone, or sleeps: it connects again when it wakes. */
const STALLED_MS = 30_000;

/**
 * The viewers of one feed, by server-sent events. At most one message waits for each: while it does, changes are joined, so
 * that a slow viewer costs one message and delays no other.
 */
export class LiveStream {
  readonly #feed: Feed;
  readonly #clock: Clock;
  readonly #viewers = new Set<Viewer>();

  constructor(feed: Feed, clock: Clock) {
    this.#feed = feed;
    this.#clock = clock;
  }

  get size(): number {
    return this.#viewers.size;
  }

  /** Sends what there is, and from then on what changes, until the viewer goes. */
  add(response: ServerResponse, health: string): void {
    const viewer = new Viewer(response);
    this.#viewers.add(viewer);
    response.on('close', () => this.#viewers.delete(viewer));
    response.on('drain', () => {
      viewer.stalledSinceMs = undefined;
      this.#send(viewer);
    });
    viewer.write(`event: health\ndata: ${health}\n\n`, this.#clock.monotonicMs());
    this.#send(viewer);
  }

  /** The feed has changed. */
  publish(): void {
    for (const viewer of this.#viewers) this.#send(viewer);
  }

  /** Tells all viewers how old the data is, and ends those that do not read. */
  beat(health: string): void {
    const nowMs = this.#clock.monotonicMs();
    for (const viewer of this.#viewers) {
      if (viewer.stalledSinceMs === undefined) viewer.write(`event: health\ndata: ${health}\n\n`, nowMs);
      else if (nowMs - viewer.stalledSinceMs > STALLED_MS) viewer.response.destroy();
    }
  }

  close(): void {
    for (const { response } of this.#viewers) response.destroy();
  }

  #send(viewer: Viewer): void {
    if (viewer.stalledSinceMs !== undefined) return;
    const message = this.#feed.since(viewer.version);
    if (message === undefined) return;
    viewer.version = message.version;
    viewer.write(`event: ${message.event}\ndata: ${message.text}\n\n`, this.#clock.monotonicMs());
  }
}

class Viewer {
  readonly response: ServerResponse;
  version = 0;
  /** Since when its connection takes no more. */
  stalledSinceMs: number | undefined;

  constructor(response: ServerResponse) {
    this.response = response;
  }

  write(text: string, nowMs: number): void {
    if (!this.response.write(text)) this.stalledSinceMs = nowMs;
  }
}
