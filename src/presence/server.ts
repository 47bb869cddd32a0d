import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MAX_FRAME_BYTES } from '../api/protocol/limits.ts';
import type { Clock } from '../platform/runtime/clock.ts';
import type { Logger } from '../platform/telemetry/log.ts';
import { createAdminHandler } from './admin.ts';
import type { PresenceConfig } from './config.ts';
import { withDeadline } from './deadline.ts';
import { drain } from './drain.ts';
import { Gateway } from './gateway.ts';
import { GRACE_MS } from './grace.ts';
import { createVerifier } from './identity.ts';
import { createPresenceMetrics, type PresenceMetrics } from './metrics.ts';
import { RedisStore } from './redis-store.ts';
import { createRestHandler } from './rest.ts';
import { Rooms } from './rooms.ts';
import { createWsEngine } from './ws-engine.ts';

export interface ServerDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/** A running presence server. */
export interface PresenceServer {
  readonly port: number;
  readonly adminPort: number;
  readonly metrics: PresenceMetrics;
  /** Why new clients should go elsewhere; undefined when they are welcome. */
  notReadyBecause(): string | undefined;
  /** Moves every client away within the configured time, tells Redis, and ends. */
  drain(): Promise<void>;
}

/** A silent connection is noticed after two of these. Less than the idle time of usual load balancers. */
const HEARTBEAT_MS = 10_000;
/** How long the last requests to Redis may take when everything else is closed. */
const LAST_WORDS_MS = 2_000;

/** Starts to listen at once, with or without Redis. Rejects when a port cannot be had. */
export async function startPresenceServer(config: PresenceConfig, deps: ServerDeps): Promise<PresenceServer> {
  const { clock, random, log } = deps;
  const incarnation = `${config.pod}/${randomUUID()}`;
  const verify = createVerifier({ ...config, clock });
  const metrics: PresenceMetrics = createPresenceMetrics({
    connections: () => gateway.connections,
    connectionLimit: () => config.maxConnections,
    weddings: () => rooms.size,
    redisAvailable: () => store.available,
    draining: () => gateway.draining,
  });
  const store = new RedisStore({
    redis: config.redis,
    incarnation,
    cacheTtlMs: config.cacheTtlMs,
    clock,
    log,
    onChange: (wedding, change) => rooms.receive(wedding, change),
    onResubscribed: () => rooms.verifyAll(),
  });
  const rooms = new Rooms({ store, incarnation, clock, random, metrics, log });
  const engine = createWsEngine({ maxFrameBytes: MAX_FRAME_BYTES, heartbeatMs: HEARTBEAT_MS, clock });
  const gateway = new Gateway({
    ...{ rooms, clock, random, metrics, log, engine, verify },
    heartbeatMs: HEARTBEAT_MS,
    graceMs: (role) => config.reconnectGraceMs ?? GRACE_MS[role],
    maxConnections: config.maxConnections,
    allowedOrigins: config.allowedOrigins,
  });
  const notReadyBecause = (): string | undefined => {
    if (gateway.draining) return 'draining';
    return store.available ? undefined : 'Redis is not available';
  };

  const front = createServer(createRestHandler({ rooms, verify, random, draining: () => gateway.draining }));
  front.on('upgrade', (request, socket, head) => gateway.upgrade(request, socket, head));
  const admin = createServer(createAdminHandler({ metrics, notReadyBecause }));
  try {
    await listen(front, config.port);
    await listen(admin, config.adminPort);
  } catch (error) {
    engine.close();
    await Promise.all([store.close(), closeServer(front), closeServer(admin)]);
    throw error;
  }
  const end = async (): Promise<void> => {
    gateway.stopAccepting();
    log.info({ connections: gateway.connections }, 'draining');
    await drain({ connections: gateway.live(), withinMs: config.drainMs, clock, random });
    for (const connection of gateway.live()) connection.abandon();
    await withDeadline(gateway.settled(), LAST_WORDS_MS, clock).catch((error: unknown) => {
      log.warn({ err: error }, 'Redis was not told of every connection; the lease of this pod will');
    });
    engine.close();
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
