import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../platform/runtime/clock.ts';
import type { LiveStream } from './live-stream.ts';
import { Refusal } from './refusal.ts';
import type { Gate } from './viewer.ts';

/** How often a viewer that follows a stream is asked for again. */
const RENEW_MS = 60_000;
/** How often it is looked which of them are due: a part of the time above. */
const LOOK_MS = 5000;
const LOOKS_PER_RENEWAL = RENEW_MS / LOOK_MS;
/** While the API server cannot be asked, viewers that it knew go on for this time. */
const GRACE_MS = 300_000;

/** A stream that a viewer follows. */
export interface OpenStream {
  request: IncomingMessage;
  response: ServerResponse;
  stream: LiveStream;
  /** Its PresenceCluster is in this namespace; undefined: the board of all. */
  namespace: string | undefined;
}

export interface OpenStreamsOptions {
  gate: Gate;
  clock: Clock;
  /** Called for each stream that ends because its viewer may not see it any more, or cannot be asked for. */
  onRefusal: (code: number, because: string) => void;
}

interface Followed extends OpenStream {
  admittedAtMs: number;
  askedAtMs: number;
}

/** Streams outlive the rights of their viewers: each is asked for again, and ends when its viewer may not see it any more. */
export class OpenStreams {
  readonly #options: OpenStreamsOptions;
  readonly #followed = new Set<Followed>();
  #cancel: (() => void) | undefined;
  #added = 0;

  constructor(options: OpenStreamsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#cancel = this.#options.clock.setTimeout(() => {
      this.#look();
      this.start();
    }, LOOK_MS);
  }

  stop(): void {
    this.#cancel?.();
  }

  /** After a restart all viewers come at once. The first renewals are spread, since not all may wait for the API server at once. */
  add(open: OpenStream): void {
    const nowMs = this.#options.clock.monotonicMs();
    const earlierMs = LOOK_MS * (this.#added++ % LOOKS_PER_RENEWAL);
    const followed = { ...open, admittedAtMs: nowMs, askedAtMs: nowMs - earlierMs };
    this.#followed.add(followed);
    open.response.on('close', () => this.#followed.delete(followed));
  }

  #look(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const followed of this.#followed) {
      if (nowMs - followed.askedAtMs < RENEW_MS) continue;
      followed.askedAtMs = nowMs;
      void this.#renew(followed);
    }
  }

  async #renew(followed: Followed): Promise<void> {
    const { request, response, stream, namespace } = followed;
    try {
      const { sight } = await this.#options.gate.admit(request);
      followed.admittedAtMs = this.#options.clock.monotonicMs();
      if (namespace !== undefined && !sight.sees(namespace))
        this.#end(response, new Refusal(403, `the viewer may not see namespace ${namespace} any more`));
      else stream.show(response, sight);
    } catch (error) {
      const isRefused = error instanceof Refusal && (error.code === 401 || error.code === 403);
      const ageMs = this.#options.clock.monotonicMs() - followed.admittedAtMs;
      if (isRefused || ageMs > GRACE_MS) this.#end(response, error);
    }
  }

  #end(response: ServerResponse, error: unknown): void {
    const code = error instanceof Refusal ? error.code : 500;
    if (!response.destroyed)
      this.#options.onRefusal(code, error instanceof Error ? error.message : String(error));
    response.destroy();
  }
}
