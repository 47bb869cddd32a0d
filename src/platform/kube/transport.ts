import { createHash } from 'node:crypto';
import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';

/**
 * Which connections a request uses: a stalled watch must not stall a request. `fresh` opens one for each request, so that the next
 * request may reach another API server of a control plane that has several.
 */
export type Lane = 'request' | 'watch' | 'fresh';

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query below the server's own URL. */
  path: string;
  body?: string;
  contentType?: string;
  signal?: AbortSignal;
  /** Called at the moment the request is written to a connection; what it throws ends the request unsent. */
  beforeSend?: () => void;
}

/** Authenticated HTTP to one API server over connections that are kept and shared. */
export interface Transport {
  send(lane: Lane, request: HttpRequest): Promise<Dispatcher.ResponseData>;
  /** Closes every connection; requests in flight fail. */
  close(): Promise<void>;
}

export interface TransportOptions {
  config: KubeConfig;
  userAgent: string;
  /**
   * HTTP/2 puts every watch on one connection; HTTP/1.1, the default, gives each its own, so that one
   * that stalls holds up nothing else.
   */
  http2?: boolean;
}

/** Shorter than a load balancer's usual idle limit of 60 s, as client-go has it. */
const KEEP_ALIVE_PROBE_MS = 30_000;
/** How long an idle connection is kept; the API server itself closes after 3 minutes. */
const IDLE_CONNECTION_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;

interface Connections {
  fingerprint: string;
  agents: Record<Lane, Dispatcher>;
}

/**
 * Builds the transport. client-node answers only for credentials (client certificates, tokens, exec
 * plug-ins, the rotating token file of a pod); its typed clients open a new connection per call
 * (kubernetes-client/javascript#2893). Credentials are read at each request, and the connections
 * are replaced when the CA or the client certificate changed on disk.
 */
export function createTransport(options: TransportOptions): Transport {
  const { config } = options;
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error('kubeconfig: the current context names no known cluster');
  const server = new URL(cluster.server);
  const prefix = server.pathname.replace(/\/$/, '');
  let connections: Connections | undefined;
  let closed = false;

  async function connect(): Promise<{ connections: Connections; headers: Record<string, string> }> {
    const credentials: RequestOptions = {};
    await config.applyToHTTPSOptions(credentials);
    if (closed) throw new Error('the client is closed');
    const fingerprint = fingerprintOf(credentials);
    if (connections?.fingerprint !== fingerprint) {
      const outdated = connections;
      connections = { fingerprint, agents: buildAgents(options, credentials) };
      // close() lets what is in flight finish; a watch ends at its own time limit.
      if (outdated) void Promise.allSettled(Object.values(outdated.agents).map((agent) => agent.close()));
    }
    return { connections, headers: authenticationHeaders(credentials) };
  }

  return {
    async send(lane, request) {
      const { connections: current, headers } = await connect();
      const { beforeSend } = request;
      const agent = current.agents[lane];
      return (beforeSend ? agent.compose(guard(beforeSend)) : agent).request({
        origin: server.origin,
        path: prefix + request.path,
        method: request.method,
        headers: {
          ...headers,
          accept: 'application/json',
          'user-agent': options.userAgent,
          ...(request.contentType === undefined ? {} : { 'content-type': request.contentType }),
        },
        body: request.body ?? null,
        signal: request.signal ?? null,
      });
    },
    async close() {
      closed = true;
      const current = connections;
      connections = undefined;
      if (current) await Promise.all(Object.values(current.agents).map((agent) => agent.destroy()));
    },
  };
}

/** undici starts a request when a connection is ready for it, right before it writes the first byte. */
function guard(beforeSend: () => void): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    return dispatch(options, {
      onRequestStart(...start) {
        beforeSend();
        handler.onRequestStart?.(...start);
      },
      onRequestUpgrade: (...upgrade) => handler.onRequestUpgrade?.(...upgrade),
      onResponseStart: (...response) => handler.onResponseStart?.(...response),
      onResponseData: (...data) => handler.onResponseData?.(...data),
      onResponseEnd: (...end) => handler.onResponseEnd?.(...end),
      onResponseError: (...failure) => handler.onResponseError?.(...failure),
    });
  };
}

function buildAgents(options: TransportOptions, credentials: RequestOptions): Record<Lane, Dispatcher> {
  return {
    request: buildAgent(options, credentials),
    watch: buildAgent(options, credentials),
    fresh: buildAgent({ ...options, http2: false }, credentials, CLOSE_AFTER_EACH),
  };
}

/** undici keeps no connection without pipelining. */
const CLOSE_AFTER_EACH = { pipelining: 0 };

function buildAgent(
  options: TransportOptions,
  credentials: RequestOptions,
  more: { pipelining?: number } = {},
): Dispatcher {
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = credentials;
  const tls = Object.fromEntries(
    Object.entries({ ca, cert, key, pfx, passphrase, rejectUnauthorized, servername }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  const plan = options.config.createDispatcherOptions(options.config.getCurrentCluster(), tls);
  // Every request brings its own time limit; a limit here would cut watches that are merely quiet.
  const limits = { headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: IDLE_CONNECTION_MS, ...more };
  const allowH2 = options.http2 ?? false;
  const connect = {
    ...tls,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS,
    timeout: CONNECT_TIMEOUT_MS,
    allowH2,
  };
  switch (plan.type) {
    case 'agent':
    case 'none':
      return new Agent({ ...limits, allowH2, connect });
    case 'proxy':
      return new ProxyAgent({
        ...limits,
        allowH2,
        uri: plan.uri,
        requestTls: connect,
      });
    case 'socks':
      throw new Error(`kubeconfig: SOCKS proxies are not supported (${new URL(plan.uri).host})`);
  }
}

function authenticationHeaders(credentials: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(credentials.headers ?? {}))
    headers[name.toLowerCase()] = String(value).trim();
  if (typeof credentials.auth === 'string' && headers.authorization === undefined) {
    headers.authorization = `Basic ${Buffer.from(credentials.auth).toString('base64')}`;
  }
  return headers;
}

/** Tells whether connections made with older credentials may still be used. Tokens travel per request. */
function fingerprintOf(credentials: RequestOptions): string {
  const hash = createHash('sha256');
  for (const part of [credentials.ca, credentials.cert, credentials.key, credentials.pfx]) {
    // KubeConfig reads them from files or base64, so they are buffers.
    hash.update(Buffer.isBuffer(part) ? part : '-').update('\0');
  }
  return hash.digest('hex');
}
