import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { ServerMessage } from '../../src/api/protocol/messages.ts';
import { eventually } from './presence-pods.ts';

const JOINS_WITHIN_MS = 10_000;
const MOST_REFUSALS = 5;

/** A client that speaks the protocol by hand and keeps everything it is told. */
export class RawClient {
  readonly received: ServerMessage[] = [];
  readonly socket: WebSocket;
  closeCode: number | undefined;

  constructor(port: number, token: string | undefined, headers: Readonly<Record<string, string>> = {}) {
    const authorization: Record<string, string> =
      token === undefined ? {} : { authorization: `Bearer ${token}` };
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/v1/presence`, {
      headers: { ...authorization, ...headers },
    });
    this.socket.on('message', (data) =>
      this.received.push(JSON.parse((data as Buffer).toString()) as ServerMessage),
    );
    this.socket.on('close', (code) => {
      this.closeCode = code;
    });
    this.socket.on('error', () => {});
  }

  static async open(port: number, token: string): Promise<RawClient> {
    const client = new RawClient(port, token);
    await client.next('welcome');
    return client;
  }

  /** Opens and joins, again after the hint while Redis does not confirm. Resolves with the snapshot in hand. */
  static async join(port: number, token: string, wedding = 'ada', more: object = {}): Promise<RawClient> {
    const client = await RawClient.open(port, token);
    for (let refused = 0; ; refused++) {
      client.send({ type: 'join', wedding, ...more });
      const answered = () => client.all('snapshot').length > 0 || client.#unavailable().length > refused;
      await eventually(answered, (isAnswered) => isAnswered, JOINS_WITHIN_MS);
      if (client.all('snapshot').length > 0) return client;
      await delay(client.#unavailable().at(-1)?.retryAfterMs ?? 0);
      if (refused === MOST_REFUSALS) throw new Error(`no join in: ${JSON.stringify(client.received)}`);
    }
  }

  #unavailable() {
    return this.all('error').filter(({ code }) => code === 'unavailable');
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  all<T extends ServerMessage['type']>(type: T): Extract<ServerMessage, { type: T }>[] {
    return this.received.filter(
      (message): message is Extract<ServerMessage, { type: T }> => message.type === type,
    );
  }

  /** The first message of a type that fits; waits for it. */
  async next<T extends ServerMessage['type']>(
    type: T,
    fits: (message: Extract<ServerMessage, { type: T }>) => boolean = () => true,
    withinMs = 10_000,
  ): Promise<Extract<ServerMessage, { type: T }>> {
    const found = await eventually(
      () => this.all(type).find(fits),
      (message) => message !== undefined,
      withinMs,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}; received ${JSON.stringify(this.received)}`);
    });
    return found as Extract<ServerMessage, { type: T }>;
  }

  /** The changes of every diff, in order. */
  changes() {
    return this.all('diff').flatMap((diff) => diff.changes);
  }

  /** Resolves with the close code. */
  async closed(): Promise<number> {
    return eventually(
      () => this.closeCode,
      (code) => code !== undefined,
    ) as Promise<number>;
  }

  async close(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.socket, 'close');
    this.socket.close();
    await closed;
  }
}
