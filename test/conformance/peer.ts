import { WebSocket } from 'ws';
import { BrokenPromise } from './expect.ts';

/** A frame of a server, as a client that trusts nothing reads it. */
export type Frame = { readonly type: string; readonly [field: string]: unknown };

/** For a loaded machine; a promise about a time passes its own limit. */
const WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 10;
/** Few enough requests to stay within the rate. */
const SHOWN_AFTER_MS = 100;

/** One connection that speaks the protocol by hand and keeps everything it gets. */
export class Peer {
  readonly frames: Frame[] = [];
  closeCode: number | undefined;
  /** The HTTP status of a handshake that was refused. */
  httpStatus: number | undefined;
  readonly socket: WebSocket;
  #ids = 0;

  constructor(url: string, protocols: readonly string[], headers: Readonly<Record<string, string>>) {
    this.socket = new WebSocket(url, [...protocols], { headers });
    this.socket.on('message', (data) => this.frames.push(JSON.parse((data as Buffer).toString()) as Frame));
    this.socket.on('close', (code) => {
      this.closeCode = code;
    });
    this.socket.on('unexpected-response', (request, response) => {
      this.httpStatus = response.statusCode;
      request.destroy();
    });
    this.socket.on('error', () => {});
  }

  send(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Sends a request with an id of its own and gives its answer; again after the hint while Redis does not confirm. */
  async ask(message: object): Promise<Frame> {
    for (;;) {
      const answer = await this.#askOnce((id) => ({ ...message, id }));
      if (answer.code !== 'unavailable') return answer;
    }
  }

  /** The same for a request as text, which is made with its id. */
  async askText(text: (id: string) => string): Promise<Frame> {
    for (;;) {
      const answer = await this.#askOnce(text);
      if (answer.code !== 'unavailable') return answer;
    }
  }

  /**
   * Leaves a wedding and gives the answer. A leave that Redis did not confirm in time is the server's to repeat, and says nothing of how
   * one is answered: then the client becomes a member once more, and leaves again.
   */
  async leave(wedding: string): Promise<Frame> {
    for (;;) {
      const answer = await this.#askOnce((id) => ({ type: 'leave', id, wedding }));
      if (answer.code !== 'unavailable') return answer;
      await this.ask({ type: 'join', wedding });
    }
  }

  /** Waits after a refusal for as long as it says. */
  async #askOnce(message: (id: string) => object | string): Promise<Frame> {
    const id = `ask-${++this.#ids}`;
    this.send(message(id));
    const answer = await this.next((frame) => frame.id === id);
    if (answer.code === 'unavailable')
      await new Promise((resolve) => setTimeout(resolve, Number(answer.retryAfterMs)));
    return answer;
  }

  /**
   * The whole state, once it has what was acknowledged last, on this connection or on another one: a server may send an ack before
   * it shows the change.
   */
  async snapshot(
    wedding: string,
    acked: Frame | undefined = this.frames.findLast(({ type }) => type === 'ack'),
  ): Promise<Frame> {
    for (;;) {
      const snapshot = await this.ask({ type: 'snapshot', wedding });
      if (acked === undefined || acked.epoch !== snapshot.epoch || Number(snapshot.seq) >= Number(acked.seq))
        return snapshot;
      await new Promise((resolve) => setTimeout(resolve, SHOWN_AFTER_MS));
    }
  }

  /** The first frame, of those that came and those to come, that fits. */
  async next(fits: (frame: Frame) => boolean, withinMs = WITHIN_MS): Promise<Frame> {
    await this.until(() => this.frames.some(fits), 'the frame', withinMs);
    return this.frames.find(fits) as Frame;
  }

  /** The close code, once the server has closed. */
  async closed(withinMs = WITHIN_MS): Promise<number> {
    await this.until(() => this.closeCode !== undefined, 'the end of the connection', withinMs);
    return this.closeCode as number;
  }

  async until(holds: () => boolean, what: string, withinMs = WITHIN_MS): Promise<void> {
    const giveUpAt = Date.now() + withinMs;
    while (!holds()) {
      if (this.closeCode !== undefined)
        throw new BrokenPromise(
          `${what} did not come before the end of the connection (${this.closeCode}), which had ${JSON.stringify(this.frames.slice(-5))}`,
        );
      if (Date.now() > giveUpAt)
        throw new BrokenPromise(
          `${what} did not come within ${withinMs} ms; the connection had ${JSON.stringify(this.frames.slice(-5))}`,
        );
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  /** What diffs said of one user, in order. */
  changesOf(user: string): { readonly op: string; readonly member?: Frame; readonly reason?: string }[] {
    return this.frames
      .filter(({ type }) => type === 'diff')
      .flatMap((frame) => frame.changes as { op: string; user?: string; member?: Frame; reason?: string }[])
      .filter((change) => (change.user ?? change.member?.user) === user);
  }

  /** Closes as a client that is done with the connection, without `leave`. */
  async close(): Promise<void> {
    this.socket.close();
    await this.closed();
  }
}
