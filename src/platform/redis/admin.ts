import { Redis, type RedisOptions } from 'ioredis';
import { RedisAdminError } from './admin-error.ts';
import { outliveTlsErrors } from './outlive-tls-errors.ts';

/** Where one Redis server listens. */
export interface RedisEndpoint {
  readonly host: string;
  readonly port: number;
}

/** How a client of servers with TLS knows them: addresses change, so by one name and the authorities (PEM). */
export interface RedisTrust {
  readonly ca: string;
  readonly servername: string;
}

export interface AdminLogin {
  readonly password: string;
  /** Left out: connections are not encrypted. */
  readonly tls?: RedisTrust;
}

export interface RedisAdminOptions extends AdminLogin {
  readonly username: string;
  readonly connectTimeoutMs: number;
  /** Bound on each command, waiting for the connection included. */
  readonly commandTimeoutMs: number;
}

/** What one server of a Redis Cluster says of itself, not yet interpreted. */
export interface RawNodeFacts {
  /** CLUSTER MYID. */
  readonly id: string;
  /** CLUSTER NODES. */
  readonly clusterNodes: string;
  /** ROLE: `['master', offset, …]` or `['slave', host, port, link state, offset]`. */
  readonly role: readonly unknown[];
  /** INFO server, memory and replication, and CLUSTER INFO, by field name. */
  readonly info: Readonly<Record<string, string>>;
}

/**
 * Talks to single Redis servers by address, for administration: one connection per server, made when first needed and
 * again after it broke. A server that hangs delays only its own callers, and them no longer than the timeouts.
 */
export interface RedisAdmin {
  /** Whom it speaks as, for commands by which one server logs in at another. `password` is empty when none is needed. */
  readonly login: { readonly username: string; readonly password: string };
  /** @throws RedisAdminError */
  observe(endpoint: RedisEndpoint): Promise<RawNodeFacts>;
  /**
   * Sends one command, e.g. `['CLUSTER', 'FORGET', id]`. Commands to one server keep their order.
   * @throws RedisAdminError
   */
  execute(endpoint: RedisEndpoint, command: readonly string[]): Promise<unknown>;
  /** Ends all connections at once; commands under way are rejected. */
  close(): void;
}

/** @throws nothing; a server that is not there shows when it is asked. */
export function createRedisAdmin(options: RedisAdminOptions): RedisAdmin {
  if (options.tls !== undefined) outliveTlsErrors();
  const connections = new Map<string, AdminConnection>();

  function connectionTo(endpoint: RedisEndpoint): AdminConnection {
    const key = `${endpoint.host} ${endpoint.port}`;
    const open = connections.get(key);
    if (open?.isUsable()) {
      return open;
    }
    const connection = openConnection(endpoint, options, () => {
      if (connections.get(key) === connection) {
        connections.delete(key);
      }
    });
    connections.set(key, connection);
    return connection;
  }

  return {
    login: { username: options.username, password: options.password },
    observe: (endpoint) => observe(connectionTo(endpoint)),
    execute: (endpoint, command) => connectionTo(endpoint).send(command),
    close: () => {
      for (const connection of connections.values()) {
        connection.end();
      }
      connections.clear();
    },
  };
}

interface AdminConnection {
  send(command: readonly string[]): Promise<unknown>;
  isUsable(): boolean;
  end(): void;
}

async function observe(connection: AdminConnection): Promise<RawNodeFacts> {
  const [id, clusterNodes, clusterInfo, role, server] = await Promise.all([
    connection.send(['CLUSTER', 'MYID']),
    connection.send(['CLUSTER', 'NODES']),
    connection.send(['CLUSTER', 'INFO']),
    connection.send(['ROLE']),
    connection.send(['INFO', 'server', 'memory', 'replication']),
  ]);
  return {
    id: String(id),
    clusterNodes: String(clusterNodes),
    role: Array.isArray(role) ? role : [],
    info: parseInfo([server, clusterInfo].map(String).join('\n')),
  };
}

/** The `name:value` lines of INFO. */
export function parseInfo(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .split(/\r?\n/)
      .filter((line) => line.includes(':') && !line.startsWith('#'))
      .map((line): [string, string] => [
        line.slice(0, line.indexOf(':')),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
  );
}

function openConnection(
  endpoint: RedisEndpoint,
  options: RedisAdminOptions,
  onEnd: () => void,
): AdminConnection {
  const redis = new Redis(redisOptions(endpoint, options));
  let lastError: Error | undefined;
  redis.on('error', (error: Error) => {
    lastError = error;
  });
  redis.once('end', onEnd);
  return {
    async send([name = '', ...args]) {
      try {
        return await redis.call(name, args);
      } catch (error) {
        const failure = explain(error, lastError);
        if (failure.kind !== 'Refused') {
          // Late answers must not pile up behind a hung server; the next command makes a new connection.
          redis.disconnect();
          onEnd();
        }
        throw failure;
      }
    },
    isUsable: () => redis.status !== 'end' && redis.status !== 'close',
    end: () => redis.disconnect(),
  };
}

function redisOptions(
  endpoint: RedisEndpoint,
  options: RedisAdminOptions,
): RedisOptions & { replyMapping?: 'legacy' } {
  return {
    host: endpoint.host,
    port: endpoint.port,
    username: options.username,
    password: options.password,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    connectTimeout: options.connectTimeoutMs,
    commandTimeout: options.commandTimeoutMs,
    lazyConnect: true,
    // A command is tried once: the next reconcile decides again.
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // The check would hold commands back while a server loads; an admin wants its LOADING error at once.
    enableReadyCheck: false,
    disableClientInfo: true,
    protocol: 2,
  };
}

function explain(error: unknown, lastError: Error | undefined): RedisAdminError {
  const cause = error instanceof Error ? error : new Error(String(error));
  if (cause.name === 'ReplyError') {
    return new RedisAdminError('Refused', cause.message, { cause });
  }
  if (cause.message === 'Command timed out') {
    return new RedisAdminError('Timeout', 'no answer in time', { cause });
  }
  // ioredis says "Connection is closed." to the command and the reason to the error listener.
  return new RedisAdminError('Unreachable', lastError?.message ?? cause.message, { cause });
}
