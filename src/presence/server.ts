import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { MAX_FRAME_BYTES, MAX_REQUEST_HEAD_BYTES } from '../api/protocol/limits.ts';
import { REVOCATIONS_FILE } from '../domain/optimization/revocation-list.ts';
import type { Clock } from '../platform/runtime/clock.ts';
import type { Logger } from '../platform/telemetry/log.ts';
import { createVerifier } from './auth/identity.ts';
import { RevocationFile } from './auth/revocation-file.ts';
import { Revocations } from './auth/revocations.ts';
import { cachedVerifier } from './auth/token-cache.ts';
import { withRevocations } from './auth/with-revocations.ts';
import type { PresenceConfig } from './config/config.ts';
import { Fleet } from './fleet/fleet.ts';
import { shardWeddings } from './fleet/shard-weddings.ts';
import { createAdminHandler } from './http/admin.ts';
import { createRestHandler } from './http/rest.ts';
import { AddressLimit } from './limits/address-limit.ts';
import { GRACE_MS } from './limits/grace.ts';
import { RateLimits } from './limits/rate-limit.ts';
import { RequestLimits } from './limits/request-limits.ts';
import { createPeerEndpoint } from './peers/peer-endpoint.ts';
import { PeerKey } from './peers/peer-key.ts';
import { Peers } from './peers/peers.ts';
import { ClientSender } from './proxies/client-sender.ts';
import { Rooms } from './room/rooms.ts';
import { WorkScheduler } from './scheduling/work-scheduler.ts';
import { AddressRefusals } from './socket/address-refusals.ts';
import { drain } from './socket/drain.ts';
import { Gateway } from './socket/gateway.ts';
import { MAX_PENDING_CONNECTIONS, PendingConnections } from './socket/pending-connections.ts';
import { createWsEngine } from './socket/ws-engine.ts';
import { withDeadline } from './store/deadline.ts';
import { RedisStore } from './store/redis-store.ts';
import { Canary } from './telemetry/canary.ts';
import { createPresenceMetrics, type PresenceMetrics } from './telemetry/metrics.ts';
import { MountedFile } from './weddings/mounted-file.ts';
import { WeddingFile } from './weddings/wedding-file.ts';
import { WeddingRegistry } from './weddings/wedding-registry.ts';

export interface ServerDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** Reads a file as text. */
  readonly readText: (path: string) => Promise<string>;
  /** Calls back after the sockets had their turn. */
  readonly yieldTo: (next: () => void) => void;
  /** Another number in each iteration of the event loop. */
  readonly iteration: () => number;
  /** Address of this machine on its network; undefined without one. */
  readonly hostAddress: string | undefined;
  /** After which time in ms without a word to Redis the people of this server are lost; that of the docs when left out. */
  readonly leaseMs?: number;
}

/** A running presence server. */
export interface PresenceServer {
  readonly port: number;
  readonly adminPort: number;
  readonly metrics: PresenceMetrics;
  /** Why new clients should go to another server; undefined when ready. */
  notReadyBecause(): string | undefined;
  /** Moves every client away within the configured time, tells Redis, and ends. */
  drain(): Promise<void>;
}

/** How long the last requests to Redis may take when everything else is closed. */
const LAST_WRITES_MS = 2_000;

/** A client that reconnects has the same token; each may have had another one before. */
const TOKENS_PER_CONNECTION = 2;

/** A client sends its request within one round trip. Also the longest wait for the first byte. */
export const HEAD_TIMEOUT_MS = 10_000;
/** A body of 150 kB over a bad mobile network. */
const REQUEST_TIMEOUT_MS = 30_000;
/** How often Node looks for requests that are late. By default 30 s, so a late head could stay for 40 s. */
const LATE_CHECK_MS = 1_000;
/** Sockets of HTTP clients with a good token, and of clients that are just being refused. */
const MAX_HTTP_SOCKETS = 1_024;
const SERVER_OPTIONS = {
  headersTimeout: HEAD_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  connectionsCheckingInterval: LATE_CHECK_MS,
  maxHeaderSize: MAX_REQUEST_HEAD_BYTES,
};

/** Starts to listen at once, with or without Redis. Rejects when a port cannot be had. */
export async function startPresenceServer(config: PresenceConfig, deps: ServerDeps): Promise<PresenceServer> {
  const { clock, random, log } = deps;
  const incarnation = `${config.pod}/${randomUUID()}`;
  const registry = new WeddingRegistry();
  const revocations = new Revocations(() => clock.now().getTime());
  // Around the cache: a token that was good a moment ago may be revoked.
  const verify = withRevocations(
    revocations,
    cachedVerifier({
      verify: createVerifier({ ...config, clock }),
      clock,
      maxTokens: TOKENS_PER_CONNECTION * config.maxConnections,
      keysChange: config.auth.kind === 'jwks',
      counted: (result) => metrics.cache('authorization', result),
    }),
  );
  const metrics: PresenceMetrics = createPresenceMetrics({
    connections: () => gateway.connections,
    connectionLimit: () => config.maxConnections,
    weddings: () => rooms.size,
    redisAvailable: () => store.available,
    draining: () => gateway.draining,
    bufferedBytes: () => gateway.bufferedBytes,
    waiting: (lane) => scheduler.waiting(lane),
    canaries: () => canary.health(),
    bookedWeddings: () => registry.size,
    peers: () => peers.size,
    provisionalMembers: () => rooms.provisional,
    revocations: () => revocations.ended,
    now: () => clock.now().getTime(),
  });
  const scheduler = new WorkScheduler({
    clock,
    yieldTo: deps.yieldTo,
    iteration: deps.iteration,
    waited: (lane, ms) => metrics.waited(lane, ms),
    failed: (error) => log.error({ err: error }, 'work failed'),
  });
  const store = new RedisStore({
    redis: config.redis,
    incarnation,
    cacheTtlMs: config.cacheTtlMs,
    maxConnectionsPerPerson: config.maxConnectionsPerPerson,
    leaseMs: deps.leaseMs,
    clock,
    log,
    onResubscribed: () => rooms.verifyAll(),
  });
  const mounted = { clock, log, readText: deps.readText };
  const password = new MountedFile({
    ...mounted,
    path: config.redis.passwordFile,
    what: 'the password of Redis',
    use: (text) => {
      store.usePassword(text);
      if (config.peers) key.use(text);
    },
  });
  const authorities = new MountedFile({
    ...mounted,
    path: config.redis.tls?.caFile,
    what: 'the authorities of Redis',
    use: (text) => store.useAuthorities(text),
  });
  const key = new PeerKey(config.peers ? peerSecret(config) : undefined);
  const peers = new Peers({
    incarnation,
    key,
    clock,
    log,
    sent: (result) => metrics.peerMessage('sent', result),
  });
  const teamOf = (wedding: string) => {
    const team = registry.team(wedding);
    if (registry.size > 0) metrics.cache('wedding', team === undefined ? 'miss' : 'hit');
    return team;
  };
  const rooms = new Rooms({ store, incarnation, peers, clock, random, metrics, log, scheduler, teamOf });
  const canary = new Canary({
    store,
    incarnation,
    clock,
    log,
    shards: () => shardWeddings(store.slots, `canary.${config.pod}`),
    returned: (primary, seconds) => metrics.canaryReturned(primary, seconds),
    lost: (primary) => metrics.canaryLost(primary),
  });
  const weddings = new WeddingFile({
    registry,
    rooms,
    clock,
    log,
    path: config.weddingsFile,
    readText: deps.readText,
  });
  const engine = createWsEngine({ maxFrameBytes: MAX_FRAME_BYTES, heartbeatMs: config.heartbeatMs, clock });
  const rate = { perSecond: config.messagesPerSecond, burst: config.messageBurst };
  const addressRefusals = new AddressRefusals({ metrics, log, clock });
  const sender = new ClientSender(config.clientAddress, {
    clock,
    withinMs: HEAD_TIMEOUT_MS,
    refused: (socket, message) => addressRefusals.refuse(socket, message, socket.remoteAddress),
  });
  const pending = new PendingConnections(() => metrics.refused('pending_too_long'));
  const gateway = new Gateway({
    rooms,
    clock,
    random,
    metrics,
    log,
    engine,
    verify,
    pending,
    scheduler,
    limits: new RateLimits({ rate, maxConnectionsPerUser: config.maxConnectionsPerPerson }),
    isClosed: (wedding) => registry.isClosed(wedding),
    revocations,
    heartbeatMs: config.heartbeatMs,
    graceMs: (role) => config.reconnectGraceMs ?? GRACE_MS[role],
    maxConnections: config.maxConnections,
    addressOf: (request) => sender.addressOf(request),
    addressRefusals,
    addresses: new AddressLimit(config.clientAddress?.maxConnections),
    allowedOrigins: config.allowedOrigins,
  });
  const revocationFile = new RevocationFile({
    revocations,
    enforce: () => gateway.revoke(),
    clock,
    log,
    // Beside the weddings, so that pods that ran before this existed have it mounted.
    path: config.weddingsFile && join(dirname(config.weddingsFile), REVOCATIONS_FILE),
    readText: deps.readText,
  });
  const notReadyBecause = (): string | undefined => {
    if (gateway.draining) return 'draining';
    return store.available ? canary.notReadyBecause() : 'Redis is not available';
  };
  const requests = new RequestLimits(rate);
  const front = createServer(
    SERVER_OPTIONS,
    createRestHandler({
      rooms,
      verify,
      random,
      teamOf,
      isRemoved: (identity, wedding) => revocations.find(identity, wedding) !== undefined,
      allowedOrigins: config.allowedOrigins,
      draining: () => gateway.draining,
      now: () => clock.now(),
      authenticated: (socket) => pending.admit(socket),
      mayAsk: (user) => requests.take(user, clock.monotonicMs()),
    }),
  );
  sender.attach(front);
  front.maxConnections = config.maxConnections + MAX_PENDING_CONNECTIONS + MAX_HTTP_SOCKETS;
  front.on('connection', (socket) => pending.add(socket));
  front.on('upgrade', (request, socket, head) => gateway.upgrade(request, socket, head));
  const peerEndpoint = createPeerEndpoint({
    incarnation,
    key,
    received: (result) => metrics.peerMessage('received', result),
    take: (from, message) => {
      for (const { wedding, state } of message) rooms.receiveProvisional(from, wedding, state);
    },
  });
  const admin: Server = createServer(
    SERVER_OPTIONS,
    createAdminHandler({ metrics, notReadyBecause, peerEndpoint }),
  );
  const fleet = new Fleet({
    store,
    incarnation,
    clock,
    log,
    movesPerSecond: config.movesPerSecond,
    seeksPeers: key.usable,
    peerAddress: () => (key.usable ? peerAddress(config, deps, admin) : undefined),
    found: (addresses) => peers.note(addresses.filter((one) => one.incarnation !== incarnation)),
    connections: () => gateway.connections,
    draining: () => gateway.draining,
    movable: () => gateway.movable((wedding) => registry.isQuiet(wedding, clock.now().getTime())),
  });
  const stop = (): void => {
    for (const part of [
      engine,
      pending,
      canary,
      fleet,
      peers,
      weddings,
      revocationFile,
      password,
      authorities,
    ])
      part.close();
  };
  try {
    await revocationFile.ready;
    await listen(front, config.port);
    await listen(admin, config.adminPort);
  } catch (error) {
    stop();
    await Promise.all([store.close(), closeServer(front), closeServer(admin)]);
    throw error;
  }
  const end = async (): Promise<void> => {
    gateway.stopAccepting();
    log.info({ connections: gateway.connections }, 'draining');
    await drain({ connections: gateway.live(), withinMs: config.drainMs, clock, random });
    for (const connection of gateway.live()) connection.abandon();
    await withDeadline(gateway.settled(), LAST_WRITES_MS, clock).catch((error: unknown) => {
      log.warn(
        { err: error },
        'Some disconnects were not written to Redis; they expire with the lease of this pod',
      );
    });
    stop();
    rooms.close();
    await Promise.all([store.close(), closeServer(front), closeServer(admin)]);
    log.info('drained');
  };
  let ending: Promise<void> | undefined;
  return {
    port: portOf(front),
    adminPort: portOf(admin),
    metrics,
    notReadyBecause,
    drain: () => {
      ending ??= end();
      return ending;
    },
  };
}

/** A secret that all pods of a fleet share: the password of Redis or, without one, the key that signs tokens. */
function peerSecret({ redis, auth }: PresenceConfig): string | Uint8Array | undefined {
  return redis.password ?? (auth.kind === 'secret' ? auth.secret : undefined);
}

/** Undefined before the server listens. */
function peerAddress(config: PresenceConfig, deps: ServerDeps, admin: Server): string | undefined {
  const host = config.peerHost ?? deps.hostAddress;
  return host === undefined || !admin.listening ? undefined : `${host}:${portOf(admin)}`;
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port);
  await once(server, 'listening');
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
