import type { ConnectionState } from './connection-state.ts';
import type { PresenceError } from './presence-error.ts';
import type { WebSocketClass } from './web-socket-like.ts';

/** How a client connects. */
export interface PresenceClientOptions {
  /**
   * `wss://` or `ws://`, with the path `/v1/presence`, which may be left out. In a page it may be relative to the page, and `https://`
   * is taken as `wss://`.
   */
  readonly url: string;
  /**
   * The token of the person. A function is called at each connection, so that it can give a fresh one; with a function the client
   * also moves to a connection with a fresh token before the old one ends. A text is used until it ends.
   */
  readonly token: string | (() => string | Promise<string>);
  /** The state of the connection changed, or the reason why it is not `open`. It is `connecting` at the beginning. */
  readonly onState?: (state: ConnectionState, reason?: PresenceError) => void;
  /** Milliseconds from an attempt to connect until the server has to have answered; 10,000 when left out. */
  readonly welcomeWithinMs?: number;
  /** Milliseconds that `token()` has for its answer; 10,000 when left out. */
  readonly tokenWithinMs?: number;
  /**
   * Milliseconds after which the promises of `join`, `update` and `leave` reject with `timed_out`; 60,000 when left out. `Infinity`:
   * they wait for as long as the client tries.
   */
  readonly settleWithinMs?: number;
  /**
   * Whether the person leaves at once when the page is left (`pagehide`). Left out or false, the person is shown as reconnecting
   * for the grace period, and a reload is not seen by others.
   */
  readonly leaveOnPageHide?: boolean;
  /** The class to connect with where there is none: Node 20 takes the one of the package `ws`. */
  readonly WebSocket?: WebSocketClass;
  /** 0 to 1, for the jitter of reconnections; `Math.random` when left out. */
  readonly random?: () => number;
}
