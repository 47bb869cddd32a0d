import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TIMELINE_SPANS, type TimelineSpan } from '../api/dashboard/timeline-span.ts';
import type { Clock } from '../platform/runtime/clock.ts';
import { SpecNotAccepted } from '../reports/deciding-spec.ts';
import { WrongTime } from '../reports/time-text.ts';
import type { DashboardState } from './dashboard-state.ts';
import type { LiveStream } from './live-stream.ts';
import { OpenStreams } from './open-streams.ts';
import { ICON_SVG, PAGE_HTML, SECURITY_HEADERS } from './page-html.ts';
import { Refusal } from './refusal.ts';
import type { Gate, Viewer } from './viewer.ts';
import { ViewerLimits } from './viewer-limits.ts';

/** Streams that are open at once. */
const MAX_STREAMS = 500;
/** Connections: each browser keeps some beside its streams. */
const MAX_CONNECTIONS = 2000;
/** A request is some hundred bytes; who takes longer to send them has other plans. */
const HEADERS_TIMEOUT_MS = 10_000;
const NO_SUCH_DATA =
  'there is no such data: ask for /api/fleet, or /api/clusters/NAMESPACE/NAME and below it explain, calendar or weddings/NAME';
/** A page of a month has six weeks. */
const MAX_DAYS = 42;

export interface ServerOptions {
  clock: Clock;
  state: DashboardState;
  /** The script of the page. */
  script: Uint8Array;
  gate: Gate;
  /** Address to listen on; absent: all, also on a node without IPv6. */
  host?: string | undefined;
  /** 0: any that is free. */
  port: number;
  /** Of all streams, for one viewer. */
  streamsPerViewer: number;
  /** Called for each answer without data, and for each open view that ends because of a refusal. */
  onRefusal?: (code: number, because: string) => void;
  /** Refuses a request that was made under a foreign name; absent: the server has any name. */
  checkHost?: (host: string | undefined, port: number) => void;
}

/** The dashboard by HTTP: a page and its script for everybody, and data that only reads for whom the gate admits. */
export class DashboardServer {
  readonly #options: ServerOptions;
  readonly #server: Server;
  readonly #limits: ViewerLimits;
  readonly #open: OpenStreams;

  constructor(options: ServerOptions) {
    const { clock, gate, streamsPerViewer } = options;
    this.#options = options;
    this.#limits = new ViewerLimits({ clock, streams: MAX_STREAMS, streamsPerViewer });
    this.#open = new OpenStreams({
      gate,
      clock,
      onRefusal: (code, because) => options.onRefusal?.(code, because),
    });
    this.#server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS }, (request, response) => {
      void this.#answer(request, response);
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** Listens. @returns the port */
  async start(): Promise<number> {
    this.#server.listen(this.#options.port, this.#options.host);
    await once(this.#server, 'listening');
    this.#open.start();
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#open.stop();
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    try {
      await this.#route(request, response);
    } catch (error) {
      // A viewer that left while it was asked for needs no answer.
      if (response.headersSent || response.destroyed) return;
      const message = error instanceof Error ? error.message : String(error);
      this.#options.onRefusal?.(codeOf(error), message);
      response.writeHead(codeOf(error), { 'content-type': 'text/plain; charset=utf-8' }).end(message);
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET')
      throw new Refusal(405, 'only GET is answered: nothing can be changed here, use kubectl');
    const { checkHost, script, gate } = this.#options;
    checkHost?.(request.headers.host, (this.#server.address() as AddressInfo).port);
    const url = urlOf(request);
    if (url.pathname === '/') send(response, 'text/html; charset=utf-8', PAGE_HTML);
    else if (url.pathname === '/icon.svg') send(response, 'image/svg+xml', ICON_SVG);
    else if (url.pathname === '/dashboard.js') send(response, 'text/javascript; charset=utf-8', script);
    else if (url.pathname.startsWith('/api/')) {
      const viewer = await gate.admit(request);
      this.#limits.countRequest(viewer.id);
      if (!response.destroyed) this.#data(url, viewer, request, response);
    } else throw new Refusal(404, 'there is no such page: open /');
  }

  #data(url: URL, viewer: Viewer, request: IncomingMessage, response: ServerResponse): void {
    const [, , collection, namespace, name, view, wedding] = url.pathname.split('/').map(decodedPart);
    if (collection === 'fleet' && namespace === undefined) {
      this.#stream(viewer, { request, response, stream: this.#options.state.fleet, namespace });
      return;
    }
    if (collection !== 'clusters' || !namespace || !name) throw new Refusal(404, NO_SUCH_DATA);
    const key = `${namespace}/${name}`;
    // The same answer as for an object that does not exist: an answer must not tell what others have.
    if (!viewer.sight.sees(namespace)) notFound(key);
    const stream = this.#followed(key, view, wedding, url);
    if (stream === undefined) json(response, this.#computed(key, view, url));
    else this.#stream(viewer, { request, response, stream, namespace });
  }

  /** The stream of a page; undefined for data that is answered once. */
  #followed(
    key: string,
    view: string | undefined,
    wedding: string | undefined,
    url: URL,
  ): LiveStream | undefined {
    const { state } = this.#options;
    if (view === undefined) return state.page(key, spanOf(url)) ?? notFound(key);
    if (view !== 'weddings' || !wedding) return undefined;
    return state.wedding(key, wedding) ?? noWedding(wedding, key);
  }

  #computed(key: string, view: string | undefined, url: URL): object {
    const { state } = this.#options;
    if (view === 'explain') return state.explain(key, url.searchParams.get('at') ?? '') ?? notFound(key);
    if (view !== 'calendar') throw new Refusal(404, NO_SUCH_DATA);
    const days = numberOf(url, 'days', 1, MAX_DAYS, MAX_DAYS);
    return state.calendar(key, url.searchParams.get('day') ?? '', days) ?? notFound(key);
  }

  #stream(viewer: Viewer, open: Parameters<OpenStreams['add']>[0]): void {
    const { response, stream }: { response: ServerResponse; stream: LiveStream } = open;
    response.on('close', this.#limits.openStream(viewer.id));
    // Proxies that collect an answer before they pass it on would keep changes back.
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
    stream.add(response, this.#options.state.healthFrame(), viewer.sight);
    this.#open.add(open);
  }
}

function codeOf(error: unknown): number {
  if (error instanceof Refusal) return error.code;
  if (error instanceof WrongTime) return 400;
  return error instanceof SpecNotAccepted ? 409 : 500;
}

function urlOf({ url = '/' }: IncomingMessage): URL {
  try {
    return new URL(url, 'http://localhost');
  } catch {
    throw new Refusal(400, 'the address cannot be read: write it as a URL, with %25 for a percent sign');
  }
}

function decodedPart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Refusal(400, 'the address cannot be read: write it as a URL, with %25 for a percent sign');
  }
}

function notFound(key: string): never {
  throw new Refusal(
    404,
    `there is no PresenceCluster ${key} that you may see, or its schema refuses it: see kubectl get presenceclusters -A`,
  );
}

function noWedding(name: string, key: string): never {
  throw new Refusal(
    404,
    `${key} serves no Wedding ${name}, or its schema refuses it: see kubectl get weddings`,
  );
}

function send(response: ServerResponse, type: string, body: string | Uint8Array): void {
  response.writeHead(200, { 'content-type': type }).end(body);
}

function json(response: ServerResponse, body: unknown): void {
  send(response, 'application/json; charset=utf-8', JSON.stringify(body));
}

function spanOf(url: URL): TimelineSpan {
  const wanted = url.searchParams.get('span') ?? TIMELINE_SPANS[0].id;
  const found = TIMELINE_SPANS.find(({ id }) => id === wanted);
  if (found !== undefined) return found;
  throw new Refusal(400, `span: ${TIMELINE_SPANS.map(({ id }) => id).join(', ')} are the spans; choose one`);
}

function numberOf(url: URL, name: string, least: number, most: number, otherwise: number): number {
  const text = url.searchParams.get(name);
  if (text === null) return otherwise;
  const value = /^[0-9]{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new Refusal(400, `${name}: a whole number from ${least} to ${most} is needed`);
}
