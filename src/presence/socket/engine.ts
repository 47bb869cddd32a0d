import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { SharedFrame } from '../frames/shared-frame.ts';

/**
 * One open WebSocket. Sending to a closed one does nothing. `send` returns false when much is waiting, so that callers need not
 * read `bufferedBytes`; after a false, `onDrain` is called when the buffer is empty.
 */
export interface EngineSocket {
  send(text: string): boolean;
  /** The same for a text that goes to many sockets. */
  sendShared(frame: SharedFrame): boolean;
  /** Bytes that were sent and have not gone to the kernel. */
  readonly bufferedBytes: number;
  /** Sends a close frame; the socket ends soon whether or not the peer answers. */
  close(code: number, reason: string): void;
  /** Ends the TCP connection now. */
  terminate(): void;
  /** Stops and starts reading: back-pressure to a client that asks for more than can be done. */
  pause(): void;
  resume(): void;
}

/** How a socket ended: with a close frame, or without one (reset, silence). */
export type SocketEnd = 'closed' | 'lost';

/** The events of a socket. `onEnd` is called exactly once and last. */
export interface SocketHandlers {
  onText(text: string): void;
  onBinary(): void;
  /** A frame above the limit came. It was not read; the engine closes the socket with 1009 right after. */
  onOversize(): void;
  onEnd(end: SocketEnd): void;
  /** The buffer has gone to the kernel, after `send` returned false. */
  onDrain(): void;
}

/** The WebSocket implementation, small enough to be replaced. */
export interface Engine {
  /** Finishes the handshake and calls `open`, which gives the handlers. A broken handshake is answered and dropped. */
  accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    open: (socket: EngineSocket) => SocketHandlers,
  ): void;
  /** Stops the liveness check. Open sockets stay. */
  close(): void;
}
