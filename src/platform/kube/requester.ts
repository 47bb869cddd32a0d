import type { Dispatcher } from 'undici';
import type { Clock } from '../runtime/clock.ts';
import type { ClientMetrics } from '../telemetry/metrics.ts';
import { type OnApiWarning, warningTexts } from './api-warnings.ts';
import { errorFromResponse, errorWithoutAnswer, KubeError, NO_ANSWER } from './errors.ts';
import type { KubeObject } from './resource.ts';
import type { HttpRequest, Lane, Transport } from './transport.ts';
import { parseWatchStream, type WatchEvent } from './watch-stream.ts';

export interface Call {
  /** The request, for error messages: `get pods team/web-0`. */
  action: string;
  method: HttpRequest['method'];
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  body?: string;
  contentType?: string;
  /**
   * Throws when the request may not be sent. Asked at the beginning and once more at the moment the request is
   * written to its connection: connecting takes time, and a process can be stopped meanwhile.
   */
  fence?: () => void;
  /** `ok` turns a 404 into undefined. */
  absent?: 'ok';
  signal: AbortSignal | undefined;
  timeoutMs: number | undefined;
  /** Over a connection of its own. */
  newConnection?: boolean | undefined;
}

export interface WatchCall extends Call {
  /** Called when the server has accepted the watch. */
  onOpen: (() => void) | undefined;
}

/** What may end a call from outside. */
interface Limits {
  signal: AbortSignal;
  /** Whether our own time limit ended it. */
  expired: () => boolean;
  /** Ends the limits. */
  lift: () => void;
  /** What the fence threw, once it did. */
  refusal?: { error: unknown };
}

/** Sends calls under a time limit and turns every failure into a {@link KubeError}. */
export interface Requester {
  json<T>(call: Call): Promise<T>;
  text(call: Call): Promise<string>;
  watch<T extends KubeObject>(call: WatchCall): AsyncGenerator<WatchEvent<T>, void, undefined>;
  close(): Promise<void>;
}

export function createRequester(options: {
  transport: Transport;
  clock: Clock;
  /** The limit of a call that names none. */
  timeoutMs: number;
  metrics?: ClientMetrics;
  onWarning?: OnApiWarning;
}): Requester {
  const { transport, clock, metrics, onWarning } = options;

  /** The caller's signal and our limit in one; `expired` tells which of them ended the call. */
  function limit(call: Call, limitMs: number): Limits {
    const controller = new AbortController();
    let expired = false;
    const cancel = clock.setTimeout(() => {
      expired = true;
      controller.abort(new Error(`no answer within ${limitMs} ms`));
    }, limitMs);
    const onAbort = (): void => controller.abort(call.signal?.reason);
    if (call.signal?.aborted) onAbort();
    else call.signal?.addEventListener('abort', onAbort, { once: true });
    return {
      signal: controller.signal,
      expired: () => expired,
      lift: () => {
        cancel();
        call.signal?.removeEventListener('abort', onAbort);
      },
    };
  }

  /** The fence of a call, remembering what it threw, because the connection wraps it. */
  function fenceOf(call: Call, limits: Limits): () => void {
    return () => {
      try {
        call.fence?.();
      } catch (error) {
        limits.refusal = { error };
        throw error;
      }
    };
  }

  async function send(lane: Lane, call: Call, limits: Limits): Promise<Dispatcher.ResponseData> {
    const { signal } = limits;
    const startedMs = clock.monotonicMs();
    let code = NO_ANSWER;
    try {
      const request: HttpRequest = { method: call.method, path: call.path + queryOf(call.query), signal };
      if (call.body !== undefined) request.body = call.body;
      if (call.contentType !== undefined) request.contentType = call.contentType;
      if (call.fence !== undefined) request.beforeSend = fenceOf(call, limits);
      const response = await transport.send(lane, request);
      code = response.statusCode;
      if (onWarning !== undefined) {
        for (const text of warningTexts(response.headers.warning)) onWarning(call.action, text);
      }
      return response;
    } finally {
      metrics?.observe(call.method, code, (clock.monotonicMs() - startedMs) / 1000);
    }
  }

  function failure(call: Call, limits: Limits, cause: unknown): unknown {
    if (limits.refusal) return limits.refusal.error;
    if (cause instanceof KubeError) return cause;
    if (limits.expired()) return errorWithoutAnswer(call.action, 'Timeout', cause);
    if (call.signal?.aborted) return call.signal.reason;
    return errorWithoutAnswer(call.action, 'Unreachable', cause);
  }

  async function text(call: Call): Promise<string | undefined> {
    call.signal?.throwIfAborted();
    call.fence?.();
    const limits = limit(call, call.timeoutMs ?? options.timeoutMs);
    try {
      const response = await send(call.newConnection === true ? 'fresh' : 'request', call, limits);
      const body = await response.body.text();
      if (response.statusCode === 404 && call.absent === 'ok') return undefined;
      if (response.statusCode >= 300) throw errorFromResponse(call.action, answerOf(response, body));
      return body;
    } catch (cause) {
      throw failure(call, limits, cause);
    } finally {
      limits.lift();
    }
  }

  return {
    async json<T>(call: Call): Promise<T> {
      const body = await text(call);
      if (body === undefined) return undefined as T;
      try {
        return JSON.parse(body) as T;
      } catch (cause) {
        throw errorWithoutAnswer(call.action, 'BrokenStream', cause);
      }
    },
    async text(call) {
      return (await text(call)) ?? '';
    },
    async *watch<T extends KubeObject>(call: WatchCall) {
      call.signal?.throwIfAborted();
      const limits = limit(call, call.timeoutMs ?? options.timeoutMs);
      try {
        const response = await send('watch', call, limits);
        if (response.statusCode !== 200) {
          throw errorFromResponse(call.action, answerOf(response, await response.body.text()));
        }
        call.onOpen?.();
        yield* parseWatchStream<T>(call.action, response.body);
      } catch (cause) {
        throw failure(call, limits, cause);
      } finally {
        limits.lift();
      }
    },
    close: () => transport.close(),
  };
}

function answerOf(response: Dispatcher.ResponseData, body: string): Parameters<typeof errorFromResponse>[1] {
  const header = response.headers['retry-after'];
  return { code: response.statusCode, body, retryAfter: Array.isArray(header) ? header[0] : header };
}

function queryOf(query: Call['query']): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}
