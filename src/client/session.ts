import { SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX } from '../api/protocol/limits.ts';
import type {
  AckMessage,
  ClientMessage,
  DiffMessage,
  DrainMessage,
  ErrorMessage,
  FreshnessMessage,
  PongMessage,
  ProvisionalMessage,
  ServerMessage,
  SnapshotMessage,
  WelcomeMessage,
} from '../api/protocol/messages.ts';
import { decodeMessage } from './decode-message.ts';
import { PresenceError } from './presence-error.ts';
import type { WebSocketClass, WebSocketLike } from './web-socket-like.ts';

/** What a server says about one wedding. */
export type WeddingMessage = SnapshotMessage | DiffMessage | FreshnessMessage | ProvisionalMessage;

/** What a session tells its client. `onEnd` comes exactly once. */
export interface SessionHandlers {
  onWelcome(welcome: WelcomeMessage): void;
  onMessage(message: WeddingMessage): void;
  onDrain(drain: DrainMessage): void;
  /** No longer a member of the wedding, without having asked for it. */
  onMembershipEnd(wedding: string, why: PresenceError): void;
  onEnd(why: PresenceError): void;
}

/** What a request may be answered with, errors apart. */
export type Answer = SnapshotMessage | DiffMessage | AckMessage | PongMessage;

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: PresenceError) => void;
  /** Looks at the connection since it was sent. */
  looks: number;
}

type WithoutId<M> = M extends unknown ? Omit<M, 'id'> : never;

/**
 * A request without an answer after so many heartbeats, on a connection that otherwise works, never gets one: servers answer
 * within seconds.
 */
const MOST_LOOKS = 3;

/** The number of a server decides over no more of a client's time. */
const LONGEST_HINT_MS = 600_000;
/** RFC 6455, 7.4.1: the client is done. */
const NORMAL_CLOSURE = 1_000;
/** `WebSocket.OPEN`, in each implementation. */
const OPEN = 1;

/** From the first packet to `welcome`. A server or proxy that accepts and stays silent is given up after it. */
const WELCOME_WITHIN_MS = 10_000;

/** One WebSocket: pairs requests with answers, and notices silence. */
export class Session {
  readonly #socket: WebSocketLike;
  readonly #handlers: SessionHandlers;
  readonly #waiting = new Map<string, Waiting>();
  #welcome: WelcomeMessage | undefined;
  #nextId = 1;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #heard = true;
  #fatal: PresenceError | undefined;
  #ended = false;
  readonly #connectLimit: ReturnType<typeof setTimeout>;

  /** The token is a subprotocol: URLs are written into the logs of proxies. @throws DOMException for what is no URL or token */
  constructor(
    url: string,
    token: string,
    handlers: SessionHandlers,
    welcomeWithinMs = WELCOME_WITHIN_MS,
    Socket: WebSocketClass = WebSocket,
  ) {
    this.#handlers = handlers;
    this.#socket = new Socket(url, [SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX + token]);
    this.#connectLimit = setTimeout(
      () => this.#giveUp(`no welcome in ${welcomeWithinMs} ms`),
      welcomeWithinMs,
    );
    this.#socket.onmessage = ({ data }: { readonly data: unknown }) => this.#receive(String(data));
    this.#socket.onclose = ({ code }: { readonly code: number }) => this.#end(`closed with ${code}`);
    this.#socket.onerror = () => this.#end('failed');
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
      if (this.#send({ ...message, id })) this.#waiting.set(id, { resolve, reject, looks: 0 });
      else reject(new PresenceError('disconnected', 'no connection'));
    });
  }

  #send(message: ClientMessage): boolean {
    if (this.#ended || this.#socket.readyState !== OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Gives the connection up for the reason when it does not answer in time. */
  probe(withinMs: number, why: PresenceError): void {
    const limit = setTimeout(() => this.#giveUp(why), withinMs);
    this.request({ type: 'ping' })
      .catch(() => {})
      .finally(() => clearTimeout(limit));
  }

  close(): void {
    this.#socket.close(NORMAL_CLOSURE);
    this.#end('closed');
  }

  #receive(text: string): void {
    if (this.#ended) return;
    this.#heard = true;
    let message: ServerMessage;
    try {
      message = decodeMessage(text);
    } catch {
      this.#giveUp('no JSON');
      return;
    }
    switch (message.type) {
      case 'welcome':
        clearTimeout(this.#connectLimit);
        this.#welcome = message;
        this.#heartbeat = setInterval(() => this.#checkLiveness(), message.heartbeatMs);
        this.#handlers.onWelcome(message);
        return;
      case 'error':
        this.#fail(message);
        return;
      case 'drain':
        this.#handlers.onDrain(message);
        return;
      case 'freshness':
      case 'provisional':
        this.#handlers.onMessage(message);
        return;
      case 'snapshot':
      case 'diff':
        this.#handlers.onMessage(message);
        break;
      case 'ack':
      case 'pong':
    }
    this.#taken(message.id)?.resolve(message);
  }

  /** The request of this id is over; undefined when none waits. */
  #taken(id: string | undefined): Waiting | undefined {
    const waiting = this.#waiting.get(id ?? '');
    this.#waiting.delete(id ?? '');
    return waiting;
  }

  #fail({ code, message, retryAfterMs, fatal, id, wedding }: ErrorMessage): void {
    const error = new PresenceError(code, message, retryAfterMs && Math.min(retryAfterMs, LONGEST_HINT_MS));
    if (fatal) this.#fatal = error;
    else if (id === undefined && wedding !== undefined) this.#handlers.onMembershipEnd(wedding, error);
    this.#taken(id)?.reject(error);
  }

  /** Browsers do not show the pings of the server, so silence is broken by a ping of our own. */
  #checkLiveness(): void {
    if (!this.#heard) {
      this.#giveUp('silent');
      return;
    }
    if ([...this.#waiting.values()].some((waiting) => waiting.looks++ >= MOST_LOOKS)) {
      this.#giveUp('no answer');
      return;
    }
    this.#heard = false;
    this.request({ type: 'ping' }).catch(() => {});
  }

  #giveUp(why: string | PresenceError): void {
    // In this order: a socket that is closed while it connects has an error of its own.
    this.#end(why);
    this.#socket.close();
  }

  #end(why: string | PresenceError): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#heartbeat);
    clearTimeout(this.#connectLimit);
    const error = this.#fatal ?? (typeof why === 'string' ? new PresenceError('disconnected', why) : why);
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    this.#handlers.onEnd(error);
  }
}
