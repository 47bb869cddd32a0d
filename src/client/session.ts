import { CLOSE_CODES } from '../api/protocol/codes.ts';
import type {
  AckMessage,
  ClientMessage,
  DiffMessage,
  DrainMessage,
  ErrorMessage,
  FreshnessMessage,
  PongMessage,
  ProvisionalMessage,
  SnapshotMessage,
  WelcomeMessage,
} from '../api/protocol/messages.ts';
import { decodeMessage } from './decode-message.ts';
import { PresenceError } from './presence-error.ts';

/** What a session tells its client. `onEnd` comes exactly once. */
export interface SessionHandlers {
  onWelcome(welcome: WelcomeMessage): void;
  onSnapshot(snapshot: SnapshotMessage): void;
  onDiff(diff: DiffMessage): void;
  onFreshness(freshness: FreshnessMessage): void;
  onProvisional(provisional: ProvisionalMessage): void;
  onDrain(drain: DrainMessage): void;
  /** No longer a member of the wedding, without having asked for it. */
  onMembershipEnd(wedding: string, why: PresenceError): void;
  onEnd(why: PresenceError): void;
}

type Answer = SnapshotMessage | DiffMessage | AckMessage | PongMessage;

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: PresenceError) => void;
}

type WithoutId<M> = M extends unknown ? Omit<M, 'id'> : never;

/** From the first packet to `welcome`. A server or proxy that accepts and stays silent is given up after it. */
const WELCOME_WITHIN_MS = 10_000;

/** One WebSocket: pairs requests with answers, and notices silence. */
export class Session {
  readonly #socket: WebSocket;
  readonly #handlers: SessionHandlers;
  readonly #waiting = new Map<string, Waiting>();
  #welcome: WelcomeMessage | undefined;
  #nextId = 1;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #heard = true;
  #fatal: PresenceError | undefined;
  #ended = false;
  readonly #connectLimit: ReturnType<typeof setTimeout>;

  constructor(url: string, handlers: SessionHandlers, welcomeWithinMs = WELCOME_WITHIN_MS) {
    this.#handlers = handlers;
    this.#socket = new WebSocket(url);
    this.#connectLimit = setTimeout(() => {
      this.#socket.close();
      this.#end(`there was no welcome within ${welcomeWithinMs} ms`);
    }, welcomeWithinMs);
    this.#socket.addEventListener('message', (event) => this.#receive(String(event.data)));
    this.#socket.addEventListener('close', (event) =>
      this.#end(`the connection was closed with ${event.code}`),
    );
    this.#socket.addEventListener('error', () => this.#end('the connection failed'));
  }

  /** What the server called this connection; undefined before the welcome. */
  get connection(): string | undefined {
    return this.#welcome?.connection;
  }

  /** Whether the token of this connection names the wedding. Who asks for another one loses the connection. */
  opens(wedding: string): boolean {
    return this.#welcome?.weddings.includes(wedding) ?? false;
  }

  /** Sends a request and gives its answer. Rejects with PresenceError. */
  request(message: WithoutId<ClientMessage>): Promise<Answer> {
    const id = String(this.#nextId++);
    return new Promise((resolve, reject) => {
      if (this.#ended || this.#socket.readyState !== WebSocket.OPEN) {
        reject(new PresenceError('disconnected', 'there is no connection'));
        return;
      }
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ ...message, id }));
    });
  }

  close(): void {
    this.#socket.close(CLOSE_CODES.normal);
    this.#end('closed by this client');
  }

  #receive(text: string): void {
    if (this.#ended) return;
    this.#heard = true;
    const message = decodeMessage(text);
    switch (message.type) {
      case 'welcome':
        clearTimeout(this.#connectLimit);
        this.#welcome = message;
        this.#heartbeat = setInterval(() => this.#checkLiveness(), message.heartbeatMs);
        this.#handlers.onWelcome(message);
        return;
      case 'snapshot':
        this.#handlers.onSnapshot(message);
        this.#answer(message.id, message);
        return;
      case 'diff':
        this.#handlers.onDiff(message);
        this.#answer(message.id, message);
        return;
      case 'ack':
      case 'pong':
        this.#answer(message.id, message);
        return;
      case 'error':
        this.#fail(message);
        return;
      case 'freshness':
        this.#handlers.onFreshness(message);
        return;
      case 'provisional':
        this.#handlers.onProvisional(message);
        return;
      case 'drain':
        this.#handlers.onDrain(message);
    }
  }

  #answer(id: string | undefined, answer: Answer): void {
    if (id === undefined) return;
    this.#waiting.get(id)?.resolve(answer);
    this.#waiting.delete(id);
  }

  #fail(message: ErrorMessage): void {
    const error = new PresenceError(message.code, message.message, message.retryAfterMs);
    if (message.fatal) this.#fatal = error;
    if (message.id === undefined) {
      const { wedding } = message;
      if (!message.fatal && wedding !== undefined) this.#handlers.onMembershipEnd(wedding, error);
      return;
    }
    this.#waiting.get(message.id)?.reject(error);
    this.#waiting.delete(message.id);
  }

  /** Browsers do not show the pings of the server, so silence is broken by a ping of our own. */
  #checkLiveness(): void {
    if (!this.#heard) {
      this.#socket.close();
      this.#end('the server is silent');
      return;
    }
    this.#heard = false;
    this.request({ type: 'ping' }).catch(() => {});
  }

  #end(why: string): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#heartbeat);
    clearTimeout(this.#connectLimit);
    const error = this.#fatal ?? new PresenceError('disconnected', why);
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    this.#handlers.onEnd(error);
  }
}
