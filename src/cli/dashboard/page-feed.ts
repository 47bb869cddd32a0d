import type { Feed, FeedText } from './live-stream.ts';

/** A page that is sent whole when it differs from the last one. */
export class PageFeed<T> implements Feed {
  readonly #event: string;
  #text: string | undefined;
  #version = 0;

  constructor(event: string) {
    this.#event = event;
  }

  /** @returns whether the page differs from before */
  put(page: T): boolean {
    const text = JSON.stringify(page);
    if (text === this.#text) return false;
    this.#text = text;
    this.#version += 1;
    return true;
  }

  since(version: number): FeedText | undefined {
    if (this.#text === undefined || version === this.#version) return undefined;
    return { event: this.#event, version: this.#version, text: this.#text };
  }
}
