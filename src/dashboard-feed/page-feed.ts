import { eventFrame, type Feed, type FeedMessage } from './live-stream.ts';

/** A page that is sent whole when it differs from the last one. Only who may see all of it follows it. */
export class PageFeed<T> implements Feed {
  readonly #event: string;
  #text: string | undefined;
  #frame: Buffer | undefined;
  #version = 0;

  constructor(event: string) {
    this.#event = event;
  }

  /** @returns whether the page differs from before */
  put(page: T): boolean {
    const text = JSON.stringify(page);
    if (text === this.#text) return false;
    this.#text = text;
    this.#frame = eventFrame(this.#event, text);
    this.#version += 1;
    return true;
  }

  since(version: number): FeedMessage | undefined {
    if (this.#frame === undefined || version === this.#version) return undefined;
    return { version: this.#version, frame: this.#frame };
  }
}
