import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CliFailure, WrongUse } from '../context/failure.ts';
import type { DashboardState, Span } from './dashboard-state.ts';
import type { LiveStream } from './live-stream.ts';
import { ICON_SVG, PAGE_HTML, SECURITY_HEADERS } from './page-html.ts';

const LOOPBACK = '127.0.0.1';
/** Streams that are open at once. */
const MAX_VIEWERS = 500;
const MAX_HOURS_BEHIND = 28 * 24;
const MAX_HOURS_AHEAD = 14 * 24;
const DEFAULT_SPAN: Span = { hoursBehind: 12, hoursAhead: 36 };
/** A page of a month has six weeks. */
const MAX_DAYS = 42;

export interface ServerOptions {
  state: DashboardState;
  /** The script of the page. */
  script: Uint8Array;
  /** What requests for data must bring as a bearer token: other users of the machine reach the port as well. */
  token: string;
  /** 0: any that is free. */
  port: number;
}

/** An answer that is no success. */
class Refusal extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** The dashboard by HTTP on the loopback address: a page, its script, and data that only reads. */
export class DashboardServer {
  readonly #options: ServerOptions;
  readonly #server: Server;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  /** Listens. @returns the port */
  async start(): Promise<number> {
    this.#server.listen(this.#options.port, LOOPBACK);
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    try {
      this.#route(request, response);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      response.writeHead(codeOf(error), { 'content-type': 'text/plain; charset=utf-8' }).end(message);
    }
  }

  #route(request: IncomingMessage, response: ServerResponse): void {
    if (request.method !== 'GET') throw new Refusal(405, 'only GET is answered: nothing can be changed here');
    this.#checkHost(request);
    const url = urlOf(request);
    if (url.pathname === '/') send(response, 'text/html; charset=utf-8', PAGE_HTML);
    else if (url.pathname === '/icon.svg') send(response, 'image/svg+xml', ICON_SVG);
    else if (url.pathname === '/dashboard.js')
      send(response, 'text/javascript; charset=utf-8', this.#options.script);
    else if (url.pathname.startsWith('/api/')) {
      this.#checkToken(request);
      this.#data(url, response);
    } else throw new Refusal(404, 'there is no such page');
  }

  /** Another name for this address comes from a foreign page whose name was pointed here (DNS rebinding). */
  #checkHost({ headers }: IncomingMessage): void {
    const { port } = this.#server.address() as AddressInfo;
    if (headers.host === `${LOOPBACK}:${port}` || headers.host === `localhost:${port}`) return;
    throw new Refusal(403, `open http://${LOOPBACK}:${port}: other names are refused`);
  }

  #checkToken({ headers }: IncomingMessage): void {
    const given = Buffer.from(headers.authorization ?? '');
    const wanted = Buffer.from(`Bearer ${this.#options.token}`);
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) return;
    throw new Refusal(
      401,
      'the token is missing or wrong: open the address that kubectl presence dashboard printed',
    );
  }

  #data(url: URL, response: ServerResponse): void {
    const [, , collection, namespace, name, view] = url.pathname.split('/').map(decodedPart);
    const { state } = this.#options;
    if (collection === 'fleet' && namespace === undefined) {
      this.#stream(response, state.fleet);
      return;
    }
    if (collection !== 'clusters' || !namespace || !name) throw new Refusal(404, 'there is no such data');
    const key = `${namespace}/${name}`;
    if (view === undefined) this.#stream(response, state.page(key, spanOf(url)) ?? notFound(key));
    else if (view === 'explain')
      json(response, state.explain(key, url.searchParams.get('at') ?? '') ?? notFound(key));
    else if (view === 'calendar') {
      const days = numberOf(url, 'days', 1, MAX_DAYS, MAX_DAYS);
      json(response, state.calendar(key, url.searchParams.get('day') ?? '', days) ?? notFound(key));
    } else throw new Refusal(404, 'there is no such data');
  }

  #stream(response: ServerResponse, stream: LiveStream): void {
    if (stream.size >= MAX_VIEWERS) throw new Refusal(503, `${MAX_VIEWERS} viewers look already`);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    stream.add(response, JSON.stringify(this.#options.state.health()));
  }
}

function codeOf(error: unknown): number {
  if (error instanceof Refusal) return error.code;
  if (error instanceof WrongUse) return 400;
  return error instanceof CliFailure ? 409 : 500;
}

function urlOf({ url = '/' }: IncomingMessage): URL {
  try {
    return new URL(url, `http://${LOOPBACK}`);
  } catch {
    throw new Refusal(400, 'the address cannot be read');
  }
}

function decodedPart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Refusal(400, 'the address cannot be read');
  }
}

function notFound(key: string): never {
  throw new Refusal(404, `there is no PresenceCluster ${key}, or its schema refuses it`);
}

function send(response: ServerResponse, type: string, body: string | Uint8Array): void {
  response.writeHead(200, { 'content-type': type }).end(body);
}

function json(response: ServerResponse, body: unknown): void {
  send(response, 'application/json; charset=utf-8', JSON.stringify(body));
}

function spanOf(url: URL): Span {
  return {
    hoursBehind: numberOf(url, 'behind', 0, MAX_HOURS_BEHIND, DEFAULT_SPAN.hoursBehind),
    hoursAhead: numberOf(url, 'ahead', 1, MAX_HOURS_AHEAD, DEFAULT_SPAN.hoursAhead),
  };
}

function numberOf(url: URL, name: string, least: number, most: number, otherwise: number): number {
  const text = url.searchParams.get(name);
  if (text === null) return otherwise;
  const value = /^[0-9]{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new Refusal(400, `${name}: a whole number from ${least} to ${most} is needed`);
}
