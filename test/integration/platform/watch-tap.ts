import type { ServerResponse } from 'node:http';

/** One open watch on its way through the proxy, line by line. */
export class WatchTap {
  readonly path: string;
  readonly #response: ServerResponse;
  #partial = '';
  #mode: 'pass' | 'garble' | 'cut' | 'silent' = 'pass';

  constructor(response: ServerResponse, path: string) {
    this.#response = response;
    this.path = path;
  }

  /** Sends a line that the server never sent. */
  insert(line: string): void {
    this.#write(`${line}\n`);
  }

  /** The next event arrives as a line that is not JSON. */
  garbleNext(): void {
    this.#mode = 'garble';
  }

  /** The connection breaks in the middle of the next event. */
  breakInNext(): void {
    this.#mode = 'cut';
  }

  /** Half-open from now on: nothing arrives, not even the end. */
  silence(): void {
    this.#mode = 'silent';
  }

  /** Ends cleanly, as the server does at its time limit. */
  end(): void {
    this.#mode = 'silent';
    this.#response.end();
  }

  /** The connection is gone without an end. */
  break(): void {
    this.#response.socket?.destroy();
  }

  pass(chunk: Buffer): void {
    const lines = (this.#partial + chunk.toString('utf8')).split('\n');
    this.#partial = lines.pop() ?? '';
    for (const line of lines) this.#passLine(line);
  }

  /** Resolves when an end on the server's side may be told to the client. */
  mayEnd(): Promise<void> {
    if (this.#mode !== 'silent' || this.#response.closed) return Promise.resolve();
    return new Promise((resolve) => this.#response.once('close', resolve));
  }

  #write(text: string, done: () => void = () => undefined): void {
    if (!this.#response.writableEnded) this.#response.write(text, done);
  }

  #passLine(line: string): void {
    switch (this.#mode) {
      case 'pass':
        this.#write(`${line}\n`);
        return;
      case 'garble':
        this.#mode = 'pass';
        this.#write(`${line.slice(0, line.length / 2)}\n`);
        return;
      case 'cut': {
        const half = line.slice(0, line.length / 2);
        this.#mode = 'silent';
        // The half must be on its way before the connection is gone.
        this.#write(half, () => setImmediate(() => this.break()));
        return;
      }
      case 'silent':
        return;
    }
  }
}
