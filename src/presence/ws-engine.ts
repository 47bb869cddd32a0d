import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import type { Cancel, Clock } from '../platform/runtime/clock.ts';
import type { Engine, EngineSocket, SocketHandlers } from './engine.ts';

export interface WsEngineOptions {
  readonly maxFrameBytes: number;
  /** Every socket is pinged this often; one that did not answer the ping before is ended. */
  readonly heartbeatMs: number;
  readonly clock: Clock;
}

/** RFC 6455 section 7.4.1: message too big. */
const TOO_BIG = 1009;
/** Same section: the connection ended without a close frame. */
const ABNORMAL = 1006;
/** How long a peer may take to answer a close frame. */
const CLOSE_TIMEOUT_MS = 3_000;

/** Says so before `ws` closes a socket by itself because a frame was too big, while an error frame can still go out. */
class PresenceWebSocket extends WebSocket {
  oversize: (() => void) | undefined;

  override close(code?: number, data?: string | Buffer): void {
    const tell = code === TOO_BIG ? this.oversize : undefined;
    this.oversize = undefined;
    tell?.();
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
    WebSocket: PresenceWebSocket,
  };
  const server = new WebSocketServer(settings);
  const alive = new Map<WebSocket, boolean>();
  let cancel: Cancel;
  const check = (): void => {
    for (const [ws, answered] of alive) {
      if (!answered) {
        ws.terminate();
        continue;
      }
      alive.set(ws, false);
      if (ws.readyState === WebSocket.OPEN) ws.ping();
    }
    cancel = options.clock.setTimeout(check, options.heartbeatMs);
  };
  cancel = options.clock.setTimeout(check, options.heartbeatMs);
  return {
    accept: (request, socket, head, open) =>
      server.handleUpgrade(request, socket, head, (ws) => {
        attach(ws as PresenceWebSocket, socket, alive, open(engineSocket(ws, socket)));
      }),
    close: () => cancel(),
  };
}

function attach(
  ws: PresenceWebSocket,
  stream: Duplex,
  alive: Map<WebSocket, boolean>,
  handlers: SocketHandlers,
): void {
  alive.set(ws, true);
  let oversize = false;
  ws.oversize = () => {
    oversize = true;
    handlers.onOversize();
  };
  stream.on('drain', () => handlers.onDrain());
  ws.on('pong', () => alive.set(ws, true));
  ws.on('message', (message, isBinary) => {
    alive.set(ws, true);
    if (isBinary) handlers.onBinary();
    else handlers.onText((message as Buffer).toString());
  });
  // A frame that breaks RFC 6455: ws closes the socket by itself; without a listener the process would end.
  ws.on('error', () => {});
  ws.on('close', (code) => {
    alive.delete(ws);
    // After a frame that is too big ws reads no further, so it never sees the peer's close frame.
    handlers.onEnd(code === ABNORMAL && !oversize ? 'lost' : 'closed');
  });
}

/**
 * `ws` writes frames whole and at once, since there is no compression, so what goes to the stream below it directly
 * comes between two frames, and in the order of the calls.
 */
function engineSocket(ws: WebSocket, stream: Duplex): EngineSocket {
  return {
    send: (text) => {
      if (ws.readyState === WebSocket.OPEN) ws.send(text);
    },
    sendShared: (frame) => {
      if (ws.readyState === WebSocket.OPEN) stream.write(frame.bytes);
    },
    get bufferedBytes() {
      return ws.bufferedAmount;
    },
    close: (code, reason) => ws.close(code, reason),
    terminate: () => ws.terminate(),
    pause: () => ws.pause(),
    resume: () => ws.resume(),
  };
}
