import { eventSplitter, type StreamEvent } from './event-stream.ts';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

/** Why the server gave no data. */
export class ServerFailure extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Reads from the dashboard server, with a bearer token where there is one. `EventSource` could not send one. */
export class ServerData {
  readonly #token: string;
  readonly #onRefused: (failure: ServerFailure) => void;

  /** @param onRefused called when the server shows nothing to who has this token */
  constructor(token: string, onRefused: (failure: ServerFailure) => void) {
    this.#token = token;
    this.#onRefused = onRefused;
  }

  async get<T>(path: string, signal: AbortSignal): Promise<T> {
    const response = await this.#fetch(path, signal);
    return (await response.json()) as T;
  }

  /**
   * Follows a stream and opens it again when it ends, until the signal.
   *
   * @param onFailure why it is not open; undefined once it is
   */
  async follow(
    path: string,
    signal: AbortSignal,
    onEvent: (event: StreamEvent) => void,
    onFailure: (failure: string | undefined) => void,
  ): Promise<void> {
    let waitMs = FIRST_WAIT_MS;
    while (!signal.aborted) {
      try {
        const response = await this.#fetch(path, signal);
        onFailure(undefined);
        waitMs = FIRST_WAIT_MS;
        await readEvents(response, onEvent);
      } catch (error) {
        if (signal.aborted) return;
        // Without an answer there is nothing more to say than how old the data is.
        onFailure(error instanceof ServerFailure ? error.message : undefined);
      }
      await delay(waitMs, signal);
      waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
    }
  }

  async #fetch(path: string, signal: AbortSignal): Promise<Response> {
    // A proxy in front may know who looks by its own cookie; this server sets none.
    const request: RequestInit =
      this.#token === ''
        ? { signal, credentials: 'same-origin' }
        : { signal, headers: { authorization: `Bearer ${this.#token}` }, credentials: 'omit' };
    const response = await fetch(path, request);
    if (response.ok) return response;
    const failure = new ServerFailure(response.status, await response.text());
    if (response.status === 401 || response.status === 403) this.#onRefused(failure);
    throw failure;
  }
}

async function readEvents(response: Response, onEvent: (event: StreamEvent) => void): Promise<void> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const split = eventSplitter();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) return;
    for (const event of split(value)) onEvent(event);
  }
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
