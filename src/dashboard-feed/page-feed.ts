import { eventFrame, type Feed, type FeedMessage } from './live-stream.ts';

/** A page that is sent whole when it differs from the last one. Only who may see all of it follows it. */
export class PageFeed implements Feed {
  readonly #event: string;
  #frame: Buffer | undefined;
  #version = 0;

  constructor(event: string) {
    this.#event = event;
  }

  /** @returns whether the page differs from before */
  put(page: object): boolean {
    const frame = eventFrame(this.#event, JSON.stringify(page));
    if (this.#frame?.equals(frame) === true) return false;
    this.#frame = frame;
    this.#version += 1;
    return true;
  }

  since(version: number): FeedMessage | undefined {
    if (this.#frame === undefined || version === this.#version) return undefined;
    return { version: this.#version, frame: this.#frame };
  }
}
