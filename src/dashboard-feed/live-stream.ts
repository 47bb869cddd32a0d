import type { ServerResponse } from 'node:http';
import type { Clock } from '../platform/runtime/clock.ts';
import type { Sight } from './viewer.ts';

/** One message for viewers, and what they know after it. */
export interface FeedMessage {
  version: number;
  /** A server-sent event, made once for all who get it; absent: nothing of this is for them. */
  frame?: Buffer;
}

/** Something that changes and that viewers follow. Versions rise; 0 is a viewer that knows nothing. */
export interface Feed {
  /** What a viewer at this version lacks of what it may see; undefined when nothing. */
  since(version: number, sight: Sight): FeedMessage | undefined;
}

/** @param text JSON on one line */
export function eventFrame(event: string, text: string): Buffer {
  return Buffer.from(`event: ${event}\ndata: ${text}\n\n`);
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
  readonly #viewers = new Map<ServerResponse, Connected>();

  constructor(feed: Feed, clock: Clock) {
    this.#feed = feed;
    this.#clock = clock;
  }

  get size(): number {
    return this.#viewers.size;
  }

  /** Sends what there is of what the viewer may see, and from then on what changes, until the viewer goes. */
  add(response: ServerResponse, health: Buffer, sight: Sight): void {
    const viewer = new Connected(response, sight);
    this.#viewers.set(response, viewer);
    response.on('close', () => this.#viewers.delete(response));
    response.on('drain', () => {
      viewer.stalledSinceMs = undefined;
      this.#send(viewer);
    });
    viewer.write(health, this.#clock.monotonicMs());
    this.#send(viewer);
  }

  /** A viewer may see more or less than before: everything is sent again. */
  show(response: ServerResponse, sight: Sight): void {
    const viewer = this.#viewers.get(response);
    if (viewer === undefined || viewer.sight.key === sight.key) return;
    viewer.sight = sight;
    viewer.version = 0;
    this.#send(viewer);
  }

  /** The feed has changed. */
  publish(): void {
    for (const viewer of this.#viewers.values()) this.#send(viewer);
  }

  /** Tells all viewers how old the data is, and ends those that do not read. */
  beat(health: Buffer): void {
    const nowMs = this.#clock.monotonicMs();
    for (const viewer of this.#viewers.values()) {
      if (viewer.stalledSinceMs === undefined) viewer.write(health, nowMs);
      else if (nowMs - viewer.stalledSinceMs > STALLED_MS) viewer.response.destroy();
    }
  }

  close(): void {
    for (const response of this.#viewers.keys()) response.destroy();
  }

  #send(viewer: Connected): void {
    if (viewer.stalledSinceMs !== undefined) return;
    const message = this.#feed.since(viewer.version, viewer.sight);
    if (message === undefined) return;
    viewer.version = message.version;
    if (message.frame !== undefined) viewer.write(message.frame, this.#clock.monotonicMs());
  }
}

class Connected {
  readonly response: ServerResponse;
  sight: Sight;
  version = 0;
  /** Since when its connection takes no more. */
  stalledSinceMs: number | undefined;

  constructor(response: ServerResponse, sight: Sight) {
    this.response = response;
    this.sight = sight;
  }

  write(frame: Buffer, nowMs: number): void {
    if (!this.response.write(frame)) this.stalledSinceMs = nowMs;
  }
}
