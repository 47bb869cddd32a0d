import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { type Frame, Peer } from './peer.ts';

export interface Claims {
  readonly user?: string;
  readonly name?: string;
  readonly role?: string;
  readonly weddings?: readonly unknown[];
  /** Seconds from now. */
  readonly expiresIn?: number;
  readonly key?: string;
  /** Further claims, or ones that replace those above; undefined leaves one out. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** What one check has: a server, a key that it accepts, and names that no other check uses. */
export class World {
  readonly wedding = `conformance-${randomUUID()}`;
  readonly #url: string;
  readonly #key: string;
  readonly #peers: Peer[] = [];

  /** @param url `ws://host:port/v1/presence` @param key the secret of HS256 */
  constructor(url: string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  /** A user that no other check has. */
  user(name: string): string {
    return `${name}-${this.wedding}`;
  }

  token(given: Claims = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const all: Record<string, unknown> = {
      sub: given.user ?? this.user('ann'),
      name: given.name,
      role: given.role ?? 'photographer',
      weddings: given.weddings ?? [this.wedding],
      iat: Math.min(now, now + (given.expiresIn ?? 0)),
      exp: now + (given.expiresIn ?? 600),
      ...given.claims,
    };
    const claims = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(given.key ?? this.#key));
  }

  /** Opens a connection as said; nothing is waited for. */
  connect(
    protocols: readonly string[],
    headers: Readonly<Record<string, string>> = {},
    query: Readonly<Record<string, string>> = {},
  ): Peer {
    const url = new URL(this.#url);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const peer = new Peer(url.href, protocols, headers);
    this.#peers.push(peer);
    return peer;
  }

  /** A connection with this token, whether or not the server takes it. */
  async knock(claims: Claims = {}, query: Readonly<Record<string, string>> = {}): Promise<Peer> {
    return this.connect(['presence.v1', `bearer.${await this.token(claims)}`], {}, query);
  }

  /** A connection that was welcomed. */
  async open(claims: Claims = {}, query: Readonly<Record<string, string>> = {}): Promise<Peer> {
    const peer = await this.knock(claims, query);
    await peer.next(({ type }) => type === 'welcome');
    return peer;
  }

  /** A member of the wedding, and the answer to its join. */
  async join(
    claims: Claims = {},
    message: object = {},
  ): Promise<{ readonly peer: Peer; readonly answer: Frame }> {
    const peer = await this.open(claims);
    return { peer, answer: await peer.ask({ type: 'join', wedding: this.wedding, ...message }) };
  }

  /** A request over HTTP, with a token of these claims; again after the hint while Redis does not confirm. */
  async http(
    path: string,
    options: {
      readonly method?: string;
      readonly body?: unknown;
      readonly claims?: Claims;
      readonly token?: string;
    } = {},
  ): Promise<{ readonly status: number; readonly headers: Headers; readonly body: Frame }> {
    const url = new URL(path, this.#url.replace(/^ws/, 'http'));
    for (;;) {
      const response = await fetch(url, {
        method: options.method ?? 'GET',
        headers: { authorization: `Bearer ${options.token ?? (await this.token(options.claims))}` },
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      });
      const { status, headers } = response;
      const body = (await response.json()) as Frame;
      if (body.code !== 'unavailable') return { status, headers, body };
      await new Promise((resolve) => setTimeout(resolve, Number(body.retryAfterMs)));
    }
  }

  async end(): Promise<void> {
    for (const peer of this.#peers) peer.socket.terminate();
    await Promise.all(this.#peers.map((peer) => peer.closed().catch(() => {})));
  }
}
