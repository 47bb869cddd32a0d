import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { ServerMessage } from '../../../src/api/protocol/messages.ts';
import { eventually, PATIENCE_MS } from './presence-pods.ts';

const MOST_REFUSALS = 10;

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
    await client.insist({ type: 'join', wedding, ...more }, 'snapshot');
    return client;
  }

  /**
   * Sends a message until it is answered by another one of this type (and of its id, where it has one), again after the hint
   * while Redis does not confirm: so the protocol wants it.
   */
  async insist<T extends ServerMessage['type']>(
    message: { readonly id?: string; readonly [field: string]: unknown },
    type: T,
  ): Promise<Extract<ServerMessage, { type: T }>> {
    const answers = () =>
      this.all(type).filter((one) => message.id === undefined || idOf(one) === message.id);
    const [before, refusedBefore] = [answers().length, this.#unavailable().length];
    for (let refused = 0; ; refused++) {
      this.send(message);
      const answered = () =>
        answers().length > before || this.#unavailable().length > refusedBefore + refused;
      await eventually(answered, (isAnswered) => isAnswered).catch((error: unknown) => {
        throw new Error(`${String(error)}; received ${JSON.stringify(this.received)}`);
      });
      const answer = answers()[before];
      if (answer !== undefined) return answer;
      if (refused === MOST_REFUSALS) throw new Error(`no answer in: ${JSON.stringify(this.received)}`);
      await delay(this.#unavailable().at(-1)?.retryAfterMs ?? 0);
    }
  }

  /** Sends a message until it is answered by anything but a refusal for now, again after the hint, and gives the answer. */
  async ask(message: { readonly id: string; readonly [field: string]: unknown }): Promise<ServerMessage> {
    for (let refused = 0; refused <= MOST_REFUSALS; refused++) {
      const answer = await this.#answerTo(message);
      if (answer.type !== 'error' || answer.code !== 'unavailable') return answer;
      await delay(answer.retryAfterMs ?? 0);
    }
    throw new Error(`no answer in: ${JSON.stringify(this.received)}`);
  }

  /**
   * Leaves a wedding. One that Redis does not confirm in time is not asked for again: the client is no member by then, and its server
   * repeats the leave until Redis has it.
   *
   * @returns whether Redis has it
   */
  async leave(wedding: string): Promise<boolean> {
    const answer = await this.#answerTo({ type: 'leave', id: `leave ${wedding}`, wedding });
    const isKept = answer.type === 'ack' || (answer.type === 'error' && answer.code === 'unavailable');
    if (!isKept) throw new Error(`the leave was answered by ${JSON.stringify(answer)}`);
    return answer.type === 'ack';
  }

  /** The next answer with the id of the message. */
  async #answerTo(message: {
    readonly id: string;
    readonly [field: string]: unknown;
  }): Promise<ServerMessage> {
    const answers = () => this.received.filter((one) => idOf(one) === message.id);
    const before = answers().length;
    this.send(message);
    await eventually(
      () => answers().length > before,
      (answered) => answered,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}; received ${JSON.stringify(this.received)}`);
    });
    return answers()[before] as ServerMessage;
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
    withinMs = PATIENCE_MS,
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

function idOf(message: ServerMessage): string | undefined {
  return 'id' in message ? message.id : undefined;
}
