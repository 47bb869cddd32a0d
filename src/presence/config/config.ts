import * as z from 'zod';
import { MAX_CONNECTIONS_PER_PERSON } from '../../api/protocol/limits.ts';
import { MIN_SIGNING_KEY_BYTES, signingKeyOf } from '../../api/protocol/signing-key.ts';
import { ADDRESS_SOURCES } from '../../api/schema/address-sources.ts';
import { CIDR } from '../../api/schema/cidr.ts';
import type { LogLevel } from '../../platform/telemetry/log.ts';
import type { ClientAddressConfig } from '../proxies/client-address.ts';
import { canonicalOrigin } from './origin.ts';

/** How the tokens of clients are checked. */
export type AuthConfig =
  | { readonly kind: 'secret'; readonly secret: Uint8Array }
  | { readonly kind: 'jwks'; readonly url: URL };

/** The configuration of a presence server, checked and frozen. */
export interface PresenceConfig {
  /** Name of the pod, for logs and leases. */
  readonly pod: string;
  readonly port: number;
  readonly adminPort: number;
  readonly redis: {
    readonly nodes: readonly { readonly host: string; readonly port: number }[];
    readonly username?: string;
    readonly password?: string;
    /** Where the password is; it is read again and again. */
    readonly passwordFile?: string;
    /** Present: connections are encrypted. */
    readonly tls?: {
      /** PEM, as read at the start. */
      readonly ca: string;
      /** Where the authorities are; read again and again. */
      readonly caFile: string;
      /** Name that the certificate of every server must be for. */
      readonly serverName: string;
    };
  };
  readonly auth: AuthConfig;
  /** Required `iss` of tokens; undefined: any. */
  readonly issuer?: string;
  /** Accepted `aud` of tokens; empty: any. */
  readonly audiences: readonly string[];
  /** Longest life of a token. */
  readonly maxTokenLifetimeMs: number;
  readonly maxConnections: number;
  /** Connections of one person, on this server and in a wedding. */
  readonly maxConnectionsPerPerson: number;
  /** How long the presence of a wedding stays in Redis after the last server renewed it. */
  readonly cacheTtlMs: number;
  readonly drainMs: number;
  /** How often every connection is pinged. A silent one is noticed after two of these. */
  readonly heartbeatMs: number;
  /** Empty: every origin may connect. */
  readonly allowedOrigins: readonly string[];
  /** Where the address of a client is. Left out: it is not known, and nothing depends on it. */
  readonly clientAddress?: ClientAddressConfig;
  /** One grace period for every role instead of the table in `grace.ts`. */
  readonly reconnectGraceMs?: number;
  /** What one connection may send; all connections of a user three times as much. */
  readonly messagesPerSecond: number;
  readonly messageBurst: number;
  /**
   * Connections per second that are moved to an emptier server; 0: none. With 10, a second server beside a full one has
   * its half in less than two minutes.
   */
  readonly movesPerSecond: number;
  /** Address of this pod for the others; undefined: that of its network interface. */
  readonly peerHost?: string;
  /** Whether pods hand provisional changes to each other while Redis is away. */
  readonly peers: boolean;
  /** What the operator publishes of the weddings; read again and again. */
  readonly weddingsFile?: string;
  readonly logLevel: LogLevel;
}

/** The environment or a file of it is wrong. The message names the variable and never holds a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** The hard limit of the PresenceCluster schema: more connections per pod were never measured. */
export const MAX_CONNECTIONS = 2_000;
/** Less than half of 30 s, the shortest idle time of usual load balancers: one lost ping ends no connection. */
export const HEARTBEAT_SECONDS = 10;
/** Idle times above 120 s exist; longer, a person who is gone would be shown for minutes. */
const MAX_HEARTBEAT_SECONDS = 60;
/** Shorter than a failover with its retries, and the state would expire during one. */
const MIN_CACHE_TTL_SECONDS = 60;
/** RFC 7518 section 3.2: a key for HS256 has at least the size of the hash. */
/** The default life of a token: that of a wedding. A longer one opens weddings for long after it was stolen. */
export const DAY_SECONDS = 86_400;
const YEAR_SECONDS = 365 * DAY_SECONDS;

const wholeNumber = (min: number, max: number, fallback: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);
const commaList = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );

const environment = z.object({
  PRESENCE_POD: z.string().min(1).max(253).default('presence'),
  PRESENCE_PORT: wholeNumber(0, 65_535, 8080),
  PRESENCE_ADMIN_PORT: wholeNumber(0, 65_535, 9090),
  PRESENCE_REDIS_NODES: z.string().min(1).transform(parseNodes),
  PRESENCE_REDIS_USERNAME: z.string().min(1).optional(),
  PRESENCE_REDIS_PASSWORD: z.string().min(1).optional(),
  PRESENCE_REDIS_PASSWORD_FILE: z.string().min(1).optional(),
  PRESENCE_REDIS_CA_FILE: z.string().min(1).optional(),
  PRESENCE_REDIS_SERVER_NAME: z.string().min(1).max(253).optional(),
  PRESENCE_JWT_SECRET: z.string().min(1).optional(),
  PRESENCE_JWT_SECRET_FILE: z.string().min(1).optional(),
  PRESENCE_JWKS_URL: z.url({ protocol: /^https?$/ }).optional(),
  PRESENCE_ALLOW_HTTP_JWKS_URL: z.enum(['on', 'off']).default('off'),
  PRESENCE_JWT_ISSUER: z.string().min(1).optional(),
  PRESENCE_JWT_AUDIENCES: commaList,
  PRESENCE_MAX_TOKEN_LIFETIME_SECONDS: wholeNumber(1, YEAR_SECONDS, DAY_SECONDS),
  PRESENCE_MAX_CONNECTIONS: wholeNumber(1, MAX_CONNECTIONS, MAX_CONNECTIONS),
  PRESENCE_MAX_CONNECTIONS_PER_PERSON: wholeNumber(1, MAX_CONNECTIONS, MAX_CONNECTIONS_PER_PERSON),
  PRESENCE_CACHE_TTL_SECONDS: wholeNumber(MIN_CACHE_TTL_SECONDS, 86_400, 300),
  PRESENCE_DRAIN_SECONDS: wholeNumber(0, 3_600, 20),
  PRESENCE_HEARTBEAT_SECONDS: wholeNumber(1, MAX_HEARTBEAT_SECONDS, HEARTBEAT_SECONDS),
  PRESENCE_ALLOWED_ORIGINS: commaList.transform(parseOrigins),
  PRESENCE_CLIENT_ADDRESS: z.enum(ADDRESS_SOURCES).optional(),
  PRESENCE_TRUSTED_PROXIES: commaList.transform(parseRanges),
  PRESENCE_MAX_CONNECTIONS_PER_ADDRESS: z.coerce.number().int().min(1).max(MAX_CONNECTIONS).optional(),
  PRESENCE_RECONNECT_GRACE_SECONDS: z.coerce.number().min(0).max(3_600).optional(),
  PRESENCE_MESSAGES_PER_SECOND: wholeNumber(1, 1_000_000, 20),
  PRESENCE_MESSAGE_BURST: wholeNumber(1, 1_000_000, 60),
  PRESENCE_MOVES_PER_SECOND: wholeNumber(0, 1_000, 10),
  PRESENCE_PEERS: z.enum(['on', 'off']).default('on'),
  PRESENCE_PEER_HOST: z.string().min(1).max(253).optional(),
  PRESENCE_WEDDINGS_FILE: z.string().min(1).optional(),
  PRESENCE_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

/** Variables of older versions. Ignored, the one of the audience would let tokens for other applications in. */
const RENAMED: Readonly<Record<string, string>> = { PRESENCE_JWT_AUDIENCE: 'PRESENCE_JWT_AUDIENCES' };

/** Reads a file as text; given by the program that may read files. */
export type ReadFile = (path: string) => Uint8Array;

/** Turns the environment into a configuration. Throws ConfigError with every mistake in one message. */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  readFile: ReadFile,
): PresenceConfig {
  const set = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  for (const [name, successor] of Object.entries(RENAMED))
    if (Object.hasOwn(set, name)) throw new ConfigError(`${name} is now ${successor}`);
  const parsed = environment.safeParse(set);
  if (!parsed.success) {
    const mistakes = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new ConfigError(mistakes.join('; '));
  }
  const values = parsed.data;
  const password = values.PRESENCE_REDIS_PASSWORD_FILE
    ? fileText('PRESENCE_REDIS_PASSWORD_FILE', values.PRESENCE_REDIS_PASSWORD_FILE, readFile)
    : values.PRESENCE_REDIS_PASSWORD;
  return Object.freeze({
    pod: values.PRESENCE_POD,
    port: values.PRESENCE_PORT,
    adminPort: values.PRESENCE_ADMIN_PORT,
    redis: {
      nodes: values.PRESENCE_REDIS_NODES,
      ...(values.PRESENCE_REDIS_USERNAME === undefined ? {} : { username: values.PRESENCE_REDIS_USERNAME }),
      ...(password === undefined ? {} : { password }),
      ...(values.PRESENCE_REDIS_PASSWORD_FILE === undefined
        ? {}
        : { passwordFile: values.PRESENCE_REDIS_PASSWORD_FILE }),
      ...tlsOf(values, readFile),
    },
    auth: authOf(values, readFile),
    ...(values.PRESENCE_JWT_ISSUER === undefined ? {} : { issuer: values.PRESENCE_JWT_ISSUER }),
    audiences: values.PRESENCE_JWT_AUDIENCES,
    maxTokenLifetimeMs: values.PRESENCE_MAX_TOKEN_LIFETIME_SECONDS * 1_000,
    maxConnections: values.PRESENCE_MAX_CONNECTIONS,
    maxConnectionsPerPerson: values.PRESENCE_MAX_CONNECTIONS_PER_PERSON,
    cacheTtlMs: values.PRESENCE_CACHE_TTL_SECONDS * 1_000,
    drainMs: values.PRESENCE_DRAIN_SECONDS * 1_000,
    heartbeatMs: values.PRESENCE_HEARTBEAT_SECONDS * 1_000,
    allowedOrigins: values.PRESENCE_ALLOWED_ORIGINS,
    ...addressOf(values),
    ...(values.PRESENCE_RECONNECT_GRACE_SECONDS === undefined
      ? {}
      : { reconnectGraceMs: values.PRESENCE_RECONNECT_GRACE_SECONDS * 1_000 }),
    messagesPerSecond: values.PRESENCE_MESSAGES_PER_SECOND,
    messageBurst: values.PRESENCE_MESSAGE_BURST,
    movesPerSecond: values.PRESENCE_MOVES_PER_SECOND,
    peers: values.PRESENCE_PEERS === 'on',
    ...(values.PRESENCE_PEER_HOST === undefined ? {} : { peerHost: values.PRESENCE_PEER_HOST }),
    ...(values.PRESENCE_WEDDINGS_FILE === undefined ? {} : { weddingsFile: values.PRESENCE_WEDDINGS_FILE }),
    logLevel: values.PRESENCE_LOG_LEVEL,
  });
}

function tlsOf(
  values: z.infer<typeof environment>,
  readFile: ReadFile,
): Pick<PresenceConfig['redis'], 'tls'> {
  const { PRESENCE_REDIS_CA_FILE: caFile, PRESENCE_REDIS_SERVER_NAME: name } = values;
  if (caFile === undefined) {
    if (name === undefined) return {};
    throw new ConfigError('PRESENCE_REDIS_SERVER_NAME goes with PRESENCE_REDIS_CA_FILE only');
  }
  const ca = fileText('PRESENCE_REDIS_CA_FILE', caFile, readFile);
  if (!ca.includes('-----BEGIN CERTIFICATE-----')) {
    throw new ConfigError(`PRESENCE_REDIS_CA_FILE: ${caFile} holds no certificate (PEM)`);
  }
  return { tls: { ca, caFile, serverName: name ?? values.PRESENCE_REDIS_NODES[0]?.host ?? '' } };
}

/** Who configures proxies and not where they write the address would think that addresses are known. */
function addressOf(values: z.infer<typeof environment>): Pick<PresenceConfig, 'clientAddress'> {
  const {
    PRESENCE_CLIENT_ADDRESS: source,
    PRESENCE_TRUSTED_PROXIES: trustedProxies,
    PRESENCE_MAX_CONNECTIONS_PER_ADDRESS: maxConnections,
  } = values;
  if (source === undefined) {
    if (trustedProxies.length === 0 && maxConnections === undefined) return {};
    throw new ConfigError(
      'PRESENCE_TRUSTED_PROXIES and PRESENCE_MAX_CONNECTIONS_PER_ADDRESS go with PRESENCE_CLIENT_ADDRESS only',
    );
  }
  if ((source === 'Connection') !== (trustedProxies.length === 0)) {
    throw new ConfigError(
      source === 'Connection'
        ? 'PRESENCE_TRUSTED_PROXIES: leave it out with PRESENCE_CLIENT_ADDRESS=Connection, which is without proxies'
        : `PRESENCE_TRUSTED_PROXIES is needed with PRESENCE_CLIENT_ADDRESS=${source}: the ranges of the proxies, such as 10.0.0.0/8`,
    );
  }
  const clientAddress: ClientAddressConfig = { source, trustedProxies };
  return {
    clientAddress: maxConnections === undefined ? clientAddress : { ...clientAddress, maxConnections },
  };
}

function authOf(values: z.infer<typeof environment>, readFile: ReadFile): AuthConfig {
  const secret = secretOf(values, readFile);
  if (secret !== undefined && values.PRESENCE_JWKS_URL !== undefined) {
    throw new ConfigError('set either PRESENCE_JWT_SECRET_FILE or PRESENCE_JWKS_URL, not both');
  }
  if (values.PRESENCE_JWKS_URL !== undefined) {
    const url = new URL(values.PRESENCE_JWKS_URL);
    // A machine between this server and the URL could replace the keys, and so choose which tokens are accepted.
    if (url.protocol !== 'https:' && values.PRESENCE_ALLOW_HTTP_JWKS_URL === 'off') {
      throw new ConfigError(
        'PRESENCE_JWKS_URL: has to be https; PRESENCE_ALLOW_HTTP_JWKS_URL=on allows http, for a provider in this pod',
      );
    }
    return { kind: 'jwks', url };
  }
  if (secret === undefined) {
    throw new ConfigError('PRESENCE_JWT_SECRET_FILE or PRESENCE_JWKS_URL is needed');
  }
  if (secret.length < MIN_SIGNING_KEY_BYTES) {
    throw new ConfigError(
      `the JWT secret has ${secret.length} bytes; HS256 needs at least ${MIN_SIGNING_KEY_BYTES}`,
    );
  }
  return { kind: 'secret', secret };
}

/** A key may be any bytes: as text, those that are no UTF-8 would become others, and no token would verify. */
function secretOf(values: z.infer<typeof environment>, readFile: ReadFile): Uint8Array | undefined {
  const file = values.PRESENCE_JWT_SECRET_FILE;
  if (file !== undefined) return signingKeyOf(fileBytes('PRESENCE_JWT_SECRET_FILE', file, readFile));
  const text = values.PRESENCE_JWT_SECRET;
  return text === undefined ? undefined : new TextEncoder().encode(text);
}

/** Editors and shells end files with a newline that is not part of the secret. */
function fileText(variable: string, path: string, readFile: ReadFile): string {
  const text = new TextDecoder().decode(fileBytes(variable, path, readFile)).replace(/\r?\n$/, '');
  if (text === '') throw new ConfigError(`${variable}: ${path} is empty`);
  return text;
}

function fileBytes(variable: string, path: string, readFile: ReadFile): Uint8Array {
  try {
    const bytes = readFile(path);
    if (bytes.length > 0) return bytes;
  } catch (error) {
    throw new ConfigError(
      `${variable}: cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  throw new ConfigError(`${variable}: ${path} is empty`);
}

function parseOrigins(items: readonly string[], context: z.RefinementCtx): string[] {
  return items.map((item) => {
    const origin = canonicalOrigin(item);
    if (origin === undefined) {
      const message = `"${item}" is not an origin: a scheme and a host such as https://crew.example, without wildcards`;
      context.addIssue({ code: 'custom', message });
    }
    return origin ?? item;
  });
}

function parseRanges(items: readonly string[], context: z.RefinementCtx): readonly string[] {
  for (const item of items) {
    if (CIDR.test(item)) continue;
    const message = `"${item}" is not a range of addresses such as 10.0.0.0/8, 203.0.113.7/32 or fd00::/8`;
    context.addIssue({ code: 'custom', message });
  }
  return items;
}

const DEFAULT_REDIS_PORT = 6_379;

function parseNodes(text: string, context: z.RefinementCtx): { host: string; port: number }[] {
  const nodes = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map((item) => {
      const match = /^(\[[0-9a-fA-F:]+\]|[^:\s]+)(?::(\d{1,5}))?$/.exec(item);
      const port = match?.[2] === undefined ? DEFAULT_REDIS_PORT : Number(match[2]);
      if (match?.[1] === undefined || port < 1 || port > 65_535) {
        context.addIssue({ code: 'custom', message: `"${item}" is not host:port` });
      }
      return { host: (match?.[1] ?? '').replace(/^\[|\]$/g, ''), port };
    });
  if (nodes.length === 0) context.addIssue({ code: 'custom', message: 'names no node' });
  return nodes;
}
