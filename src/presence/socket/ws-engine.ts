import type { Duplex } from 'node:stream';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { SUBPROTOCOL } from '../../api/protocol/limits.ts';
import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
import { SharedFrame } from '../frames/shared-frame.ts';
import type { Engine, EngineSocket, SocketHandlers } from './engine.ts';

export interface WsEngineOptions {
  readonly maxFrameBytes: number;
  /** How often every socket is pinged; one that did not answer the previous ping is ended. */
  readonly heartbeatMs: number;
  readonly clock: Clock;
}

/** RFC 6455 section 7.4.1: message too big. */
const TOO_BIG = 1009;
/** Same section: the connection ended without a close frame. */
const ABNORMAL = 1006;
/** 2,000 sockets make 32 pings at a time. */
const PARTS_PER_HEARTBEAT = 64;
/** How long a peer may take to answer a close frame. */
const CLOSE_TIMEOUT_MS = 3_000;

/**
 * Reports a frame that is too big before `ws` closes the socket by itself, while an error frame can still go out. The state that
 * the listeners need is here, so that all sockets share the listeners.
 */
class PresenceWebSocket extends WebSocket {
  handlers: SocketHandlers | undefined;
  /** The part of the sockets that it is pinged with. */
  part: Set<PresenceWebSocket> | undefined;
  /** Sent something since the last ping. */
  answered = true;
  oversize = false;

  override close(code?: number, data?: string | Buffer): void {
    if (code === TOO_BIG && !this.oversize) {
      this.oversize = true;
      this.handlers?.onOversize();
    }
    super.close(code, data);
  }
}

/** The engine on `ws`: no compression (it fragments memory, ws issue 1369), bounded frames, ping and pong. */
export function createWsEngine(options: WsEngineOptions): Engine {
  // The types of ws do not know `closeTimeout` yet, hence the constant of its own.
  const settings = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: options.maxFrameBytes,
    closeTimeout: CLOSE_TIMEOUT_MS,
    // By default ws selects whatever a client offers first, and would send a token back.
    handleProtocols: (offered: ReadonlySet<string>) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    WebSocket: PresenceWebSocket,
  };
  const server = new WebSocketServer(settings);
  const liveness = new Liveness(options);
  return {
    accept: (request, socket, head, open) =>
      server.handleUpgrade(request, socket, head, (ws) => {
        attach(ws as PresenceWebSocket, socket, liveness.next(), open(new WsSocket(ws, socket)));
      }),
    close: () => liveness.close(),
  };
}

/** Pings every socket once per heartbeat, one part of them at a time: a thousand at once block the event loop for 40 ms. */
class Liveness {
  readonly #parts = Array.from({ length: PARTS_PER_HEARTBEAT }, () => new Set<PresenceWebSocket>());
  readonly #options: WsEngineOptions;
  #accepted = 0;
  #checked = 0;
  #cancel: Cancel = () => {};

  constructor(options: WsEngineOptions) {
    this.#options = options;
    this.#schedule();
  }

  /** Where the next socket belongs. */
  next(): Set<PresenceWebSocket> {
    return this.#part(this.#accepted++);
  }

  close(): void {
    this.#cancel();
  }

  #part(number: number): Set<PresenceWebSocket> {
    return this.#parts[number % PARTS_PER_HEARTBEAT] as Set<PresenceWebSocket>;
  }

  #schedule(): void {
    const { clock, heartbeatMs } = this.#options;
    this.#cancel = clock.setTimeout(() => {
      check(this.#part(this.#checked++));
      this.#schedule();
    }, heartbeatMs / PARTS_PER_HEARTBEAT);
  }
}

/** Ends the sockets that did not answer the previous ping, and pings the others. */
function check(sockets: Iterable<PresenceWebSocket>): void {
  for (const ws of sockets) {
    if (!ws.answered) {
      ws.terminate();
      continue;
    }
    ws.answered = false;
    if (ws.readyState === WebSocket.OPEN) ws.ping();
  }
}

function attach(
  ws: PresenceWebSocket,
  stream: Duplex,
  part: Set<PresenceWebSocket>,
  handlers: SocketHandlers,
): void {
  part.add(ws);
  ws.part = part;
  ws.handlers = handlers;
  stream.on('drain', () => handlers.onDrain());
  ws.on('pong', onPong);
  ws.on('message', onMessage);
  ws.on('error', onError);
  ws.on('close', onClose);
}

function onClose(this: WebSocket, code: number): void {
  const ws = this as PresenceWebSocket;
  ws.part?.delete(ws);
  // After a frame that is too big ws reads no further, so it never sees the peer's close frame.
  ws.handlers?.onEnd(code === ABNORMAL && !ws.oversize ? 'lost' : 'closed');
}

function onPong(this: WebSocket): void {
  (this as PresenceWebSocket).answered = true;
}

function onMessage(this: WebSocket, message: RawData, isBinary: boolean): void {
  const ws = this as PresenceWebSocket;
  ws.answered = true;
  if (isBinary) ws.handlers?.onBinary();
  else ws.handlers?.onText((message as Buffer).toString());
}

/** A frame that breaks RFC 6455: ws closes the socket by itself; without a listener the process would end. */
function onError(): void {}

/**
 * `ws` writes frames whole and at once, since there is no compression, so what goes to the stream below it directly
 * comes between two frames, and in the order of the calls. A class, not an object literal: a literal with a getter
 * has a hidden class of its own each time, which costs kilobytes a connection and the fast path of every delivery.
 */
class WsSocket implements EngineSocket {
  readonly #ws: WebSocket;
  readonly #stream: Duplex;

  constructor(ws: WebSocket, stream: Duplex) {
    this.#ws = ws;
    this.#stream = stream;
  }

  /** Of the stream alone: `ws` itself holds nothing back, since there is no compression. */
  get bufferedBytes(): number {
    return this.#stream.writableLength;
  }

  send(text: string): boolean {
    return this.sendShared(new SharedFrame(text));
  }

  sendShared(frame: SharedFrame): boolean {
    return this.#ws.readyState !== WebSocket.OPEN || this.#stream.write(frame.bytes);
  }

  close(code: number, reason: string): void {
    this.#ws.close(code, reason);
  }

  terminate(): void {
    this.#ws.terminate();
  }

  pause(): void {
    this.#ws.pause();
  }

  resume(): void {
    this.#ws.resume();
  }
}
