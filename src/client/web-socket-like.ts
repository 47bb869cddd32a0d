/** What the client uses of a WebSocket: those of browsers, Node 22 and later, and the package `ws` have it. */
export interface WebSocketLike {
  /** 1 when it is open. */
  readonly readyState: number;
  /** Called with an event that has the frame as `data`. Implementations differ in what else it has. */
  onmessage: ((event: never) => void) | null;
  /** Called with an event that has the close code as `code`. */
  onclose: ((event: never) => void) | null;
  /** Called when the connection failed. */
  onerror: ((event: never) => void) | null;
  /** Sends a frame. */
  send(text: string): void;
  /** Begins to close. */
  close(code?: number): void;
}

/** A class of WebSockets. */
export type WebSocketClass = new (url: string, protocols: string[]) => WebSocketLike;
