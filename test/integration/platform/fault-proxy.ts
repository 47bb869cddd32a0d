import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as requestUpstream } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeApiServer } from '../kube-apiserver.ts';
import { kubeConfigFor } from '../kubeconfig-for.ts';
import { WatchTap } from './watch-tap.ts';

/** What happens to a request in place of its answer. */
export type Fault =
  /** The proxy answers by itself. */
  | { kind: 'status'; code: number; headers?: Record<string, string>; body?: string }
  /** The connection breaks before any answer. */
  | { kind: 'drop' }
  /** The request goes on to the server later. */
  | { kind: 'delay'; ms: number }
  /** The request arrives nowhere and the connection stays open. */
  | { kind: 'hang' }
  /** A watch that is accepted, gives these lines, and ends or goes silent. */
  | { kind: 'lines'; lines: readonly string[]; after: 'end' | 'silence' }
  /** The answer comes in small pieces. */
  | { kind: 'slowBody'; pieceBytes: number; everyMs: number };

export interface ProxiedRequest {
  method: string;
  /** Path and query. */
  path: string;
  watch: boolean;
  userAgent: string;
  /** When it came, by `performance.now()`. */
  atMs: number;
  /** Absent until it was answered. */
  status?: number;
}

export type Match = (request: ProxiedRequest) => boolean;

export const isWatch: Match = ({ watch }) => watch;
export const isList: Match = ({ method, path, watch }) =>
  !watch && method === 'GET' && path.includes('labelSelector');

/**
 * A proxy that ends TLS in front of a real API server and spoils what it is told to: everything else is the
 * server's own answer.
 */
export interface FaultProxy {
  /** A kubeconfig for the API server by way of this proxy. */
  readonly kubeconfig: string;
  /** Every request so far. */
  readonly requests: readonly ProxiedRequest[];
  /** Watches that are open now. */
  readonly watches: readonly WatchTap[];
  /** TCP connections of clients: open now, and accepted ever. */
  readonly connections: { open: number; accepted: number };
  /** Spoils the next `times` requests that match. Gives a function that ends it. */
  spoil(match: Match, fault: Fault, times?: number): () => void;
  /** Nothing passes in either direction and nobody is told, until {@link mend}. */
  blackhole(): void;
  /** Ends everything that was told so far: nothing is spoiled any more, and what was silent breaks. */
  calm(): void;
  /** Ends a black hole; connections that were in it are broken. */
  mend(): void;
  close(): Promise<void>;
}

interface Spoiling {
  match: Match;
  fault: Fault;
  left: number;
}

class TlsProxy implements FaultProxy {
  readonly requests: ProxiedRequest[] = [];
  readonly connections = { open: 0, accepted: 0 };
  readonly #upstream: Pick<KubeApiServer, 'server' | 'ca'>;
  readonly #agent: Agent;
  readonly #server;
  readonly #sockets = new Set<Socket>();
  readonly #taps = new Set<WatchTap>();
  #spoilings: Spoiling[] = [];
  #blackhole = false;
  kubeconfig = '';

  constructor(upstream: Pick<KubeApiServer, 'server' | 'ca' | 'identity'>) {
    this.#upstream = upstream;
    this.#agent = new Agent({ keepAlive: true, ca: upstream.ca });
    this.#server = createServer({ ...upstream.identity, keepAliveTimeout: 120_000 }, (request, response) => {
      void this.#serve(request, response).catch(() => response.destroy());
    });
    this.#server.on('connection', (socket) => {
      this.connections.open++;
      this.connections.accepted++;
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.connections.open--;
        this.#sockets.delete(socket);
      });
    });
  }

  get watches(): WatchTap[] {
    return [...this.#taps];
  }

  async start(api: KubeApiServer): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const { port } = this.#server.address() as AddressInfo;
    this.kubeconfig = await kubeConfigFor(api, `https://127.0.0.1:${port}`);
  }

  spoil(match: Match, fault: Fault, times = 1): () => void {
    const spoiling = { match, fault, left: times };
    this.#spoilings.push(spoiling);
    return () => {
      spoiling.left = 0;
    };
  }

  blackhole(): void {
    this.#blackhole = true;
    for (const tap of this.#taps) tap.silence();
  }

  calm(): void {
    this.#spoilings = [];
    this.mend();
  }

  mend(): void {
    this.#blackhole = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#agent.destroy();
    await new Promise((closed) => this.#server.close(closed));
  }

  #faultFor(request: ProxiedRequest): Fault | undefined {
    if (this.#blackhole) return { kind: 'hang' };
    this.#spoilings = this.#spoilings.filter(({ left }) => left > 0);
    const found = this.#spoilings.find(({ match }) => match(request));
    if (found === undefined) return undefined;
    found.left--;
    return found.fault;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    const record: ProxiedRequest = {
      method: request.method ?? 'GET',
      path,
      watch: /[?&]watch=(true|1)/.test(path),
      userAgent: request.headers['user-agent'] ?? '',
      atMs: performance.now(),
    };
    this.requests.push(record);
    response.once('finish', () => (record.status = response.statusCode));
    const body: Buffer[] = [];
    for await (const chunk of request) body.push(chunk as Buffer);
    const fault = this.#faultFor(record);
    switch (fault?.kind) {
      case 'hang':
        return;
      case 'drop':
        request.socket.destroy();
        return;
      case 'status':
        response.writeHead(fault.code, { 'content-type': 'application/json', ...fault.headers });
        response.end(fault.body ?? statusBody(fault.code));
        return;
      case 'lines':
        response.writeHead(200, { 'content-type': 'application/json' });
        for (const line of fault.lines) response.write(`${line}\n`);
        if (fault.after === 'end') response.end();
        else response.flushHeaders();
        return;
      case 'delay':
        await sleep(fault.ms);
        if (this.#blackhole) return;
        break;
      case 'slowBody':
      case undefined:
        break;
    }
    await this.#pass(request, Buffer.concat(body), response, record, fault);
  }

  async #pass(
    request: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
    record: ProxiedRequest,
    fault: Fault | undefined,
  ): Promise<void> {
    const outgoing = requestUpstream(new URL(record.path, this.#upstream.server), {
      agent: this.#agent,
      method: record.method,
      headers: { ...request.headers, host: new URL(this.#upstream.server).host },
    });
    response.once('close', () => outgoing.destroy());
    outgoing.end(body);
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    record.status = answer.statusCode ?? 0;
    // The answer to what was sent into a black hole does not come out of it.
    if (this.#blackhole) return;
    const { connection: _, 'keep-alive': __, ...headers } = answer.headers;
    response.writeHead(record.status, headers);
    response.flushHeaders();
    if (record.watch && record.status === 200) await this.#tap(answer, response, record.path);
    else if (fault?.kind === 'slowBody') await trickle(answer, response, fault);
    else for await (const chunk of answer) response.write(chunk);
    response.end();
  }

  async #tap(answer: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const tap = new WatchTap(response, path);
    this.#taps.add(tap);
    try {
      for await (const chunk of answer) tap.pass(chunk as Buffer);
      await tap.mayEnd();
    } finally {
      this.#taps.delete(tap);
    }
  }
}

async function trickle(
  answer: IncomingMessage,
  response: ServerResponse,
  { pieceBytes, everyMs }: { pieceBytes: number; everyMs: number },
): Promise<void> {
  for await (const chunk of answer) {
    for (let at = 0; at < (chunk as Buffer).length; at += pieceBytes) {
      response.write((chunk as Buffer).subarray(at, at + pieceBytes));
      await sleep(everyMs);
    }
  }
}

function statusBody(code: number): string {
  const message = 'the fault proxy says so';
  return JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message });
}

export async function startFaultProxy(api: KubeApiServer): Promise<FaultProxy> {
  const proxy = new TlsProxy(api);
  await proxy.start(api);
  return proxy;
}
