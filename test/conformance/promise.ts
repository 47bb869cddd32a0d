import type { World } from './world.ts';

/** One sentence of docs/protocol.md that a server can be held to over a socket. */
export interface ServerPromise {
  /** Names the test, here and on the page. */
  readonly id: string;
  /** What the server promises. */
  readonly promise: string;
  /** Rejects when the server does not keep it. */
  readonly check: (world: World) => Promise<void>;
}
