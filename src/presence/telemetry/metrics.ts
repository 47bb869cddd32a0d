import { performance } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ErrorCode } from '../../api/protocol/codes.ts';
import type { ReconnectReason } from '../../api/protocol/member.ts';
import { REVOCATION_METRIC } from '../../domain/optimization/revocation-list.ts';
import { collectProcessMetrics } from '../../platform/telemetry/process-metrics.ts';
import { LANES, type Lane } from '../scheduling/lane.ts';
import { CANARY_LOST_AFTER_MS, type CanaryHealth } from './canary.ts';

/** Read at each scrape. */
export interface PresenceReadings {
  readonly connections: () => number;
  readonly connectionLimit: () => number;
  readonly weddings: () => number;
  readonly redisAvailable: () => boolean;
  readonly draining: () => boolean;
  /** Bytes sent to clients that they have not read yet. */
  readonly bufferedBytes: () => number;
  readonly waiting: (lane: Lane) => number;
  readonly canaries: () => readonly CanaryHealth[];
  /** Weddings that the operator publishes. */
  readonly bookedWeddings: () => number;
  /** Other servers of the fleet that this one knows. */
  readonly peers: () => number;
  /** People who are shown differently from what Redis has. */
  readonly provisionalMembers: () => number;
  /** Connections that each active request to disconnect a person has ended here. */
  readonly revocations: () => ReadonlyMap<string, number>;
  /** Milliseconds since the epoch, by the clock of this machine. */
  readonly now: () => number;
}

/** The caches: room replicas, verified tokens, and weddings that the operator publishes. */
export type CacheClass = 'snapshot' | 'authorization' | 'wedding';
/** `stale`: served from the cache although Redis does not confirm it. */
export type CacheResult = 'hit' | 'miss' | 'stale';

/**
 * An error code; `pending_too_long`: the socket that had waited longest for a token was closed; `malformed_address`: a trusted proxy
 * did not say properly where the connection comes from.
 */
export type RefusalReason = ErrorCode | 'pending_too_long' | 'malformed_address';

/** Counters and timings that the parts of the server report. */
export interface PresenceMetrics {
  readonly registry: Registry;
  joined(): void;
  /** A join, or a connection that would have brought one, was not taken. */
  notJoined(code: ErrorCode): void;
  updated(): void;
  left(): void;
  dropped(reason: ReconnectReason): void;
  /** An error was sent, as a frame or as the answer to a handshake. */
  failed(code: ErrorCode): void;
  /** A connection was refused. */
  refused(reason: RefusalReason): void;
  delivered(frames: number): void;
  /** A slow reader got one frame in place of those it missed. */
  conflated(): void;
  cache(of: CacheClass, result: CacheResult): void;
  /** Work of a lane started, `ms` after it arrived. */
  waited(lane: Lane, ms: number): void;
  canaryReturned(primary: string, seconds: number): void;
  canaryLost(primary: string): void;
  moved(): void;
  resynced(cause: string): void;
  /** A message to or from another server, while Redis is away. */
  peerMessage(direction: 'sent' | 'received', result: 'ok' | 'refused' | 'failed'): void;
  propagated(seconds: number): void;
  redisRequestFailed(): void;
}

/**
 * The codes of joins that fail by the service: Redis, this server, or too few servers. Every other code is about the client,
 * or is sent before a token was checked (`draining`): anybody could raise its count.
 */
const OUR_FAULTS = ['unavailable', 'internal', 'over_capacity'] as const satisfies ErrorCode[];

/** The contract is 2 s; on an idle machine it is about a millisecond. `SEEN_WITHIN_MS` are among them, for `spec.slo`. */
export const PROPAGATION_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10];

/** How often the lag of the event loop is sampled. The usual 10 ms wakes an idle process 100 times per second. */
const LAG_SAMPLE_MS = 100;

/** Caches are cold until then: their misses show the start of the server, not how well they work. */
const COLD_SECONDS = 300;
const WAIT_SECONDS = [0.001, 0.005, 0.01, 0.03, 0.1, 0.25, 0.5, 1, 2, 5];

/** The metrics of one server, in a registry of its own. */
export function createPresenceMetrics(readings: PresenceReadings): PresenceMetrics {
  const registry = new Registry();
  collectProcessMetrics(registry, LAG_SAMPLE_MS);
  registerReadings(registry, readings);
  const count = (name: string, help: string, labelNames: string[] = []): Counter =>
    new Counter({ name: `presence_${name}`, help, labelNames, registers: [registry] });
  const joins = count('joins_total', 'Joins that were kept.');
  const failedJoins = count(
    'failed_joins_total',
    'Joins, and connections before them, that failed by the service, by code; refusals that are about the client are not counted.',
    ['code'],
  );
  for (const code of OUR_FAULTS) failedJoins.inc({ code }, 0);
  const updates = count('updates_total', 'Updates that were kept.');
  const leaves = count('leaves_total', 'Leaves that a client asked for.');
  const drops = count('drops_total', 'Memberships that lost their connection, by reason.', ['reason']);
  const errors = count('errors_total', 'Errors sent to clients, by code.', ['code']);
  const refusals = count(
    'refused_connections_total',
    'Connections that were refused, by reason: an error code, pending_too_long or malformed_address.',
    ['reason'],
  );
  const deliveries = count('deliveries_total', 'Diff frames handed to connections.');
  const resyncs = count('resyncs_total', 'Snapshots that a pod took to repair its replica, by cause.', [
    'cause',
  ]);
  const conflations = count(
    'conflations_total',
    'Times that a slow reader got one frame in place of those it missed.',
  );
  const caches = count(
    'cache_requests_total',
    `Requests to each cache by result; phase is cold in the first ${COLD_SECONDS} s of the server.`,
    ['cache', 'phase', 'result'],
  );
  const moves = count(
    'moves_total',
    'Connections that were asked to move to another server to rebalance the fleet.',
  );
  const peerMessages = count(
    'peer_messages_total',
    'Messages between servers while Redis is away; refused are those without the key of the fleet, or too large.',
    ['direction', 'result'],
  );
  const startedAt = performance.now();
  const redisFailures = count(
    'redis_request_failures_total',
    'Requests that Redis did not acknowledge in time.',
  );
  const propagation = new Histogram({
    name: 'presence_propagation_seconds',
    help: 'Time from a request of a client of this pod, through Redis, to its change on this pod.',
    buckets: PROPAGATION_SECONDS,
    registers: [registry],
  });
  const waits = new Histogram({
    name: 'presence_lane_wait_seconds',
    help: 'Time from the arrival of a request or a change to the start of its work, by lane.',
    labelNames: ['lane'],
    buckets: WAIT_SECONDS,
    registers: [registry],
  });
  const canary = new Histogram({
    name: 'presence_canary_seconds',
    help: 'Time from when a hidden change of this server was due until it came back through its primary.',
    buckets: PROPAGATION_SECONDS,
    registers: [registry],
  });
  const lostCanaries = count(
    'canary_lost_total',
    `Hidden changes that did not come back within ${CANARY_LOST_AFTER_MS / 1_000} s.`,
  );
  const laneWaits = { 1: waits.labels('1'), 2: waits.labels('2'), 3: waits.labels('3') };
  return {
    registry,
    conflated: () => conflations.inc(),
    cache: (cache, result) => {
      const phase = performance.now() - startedAt < COLD_SECONDS * 1_000 ? 'cold' : 'warm';
      caches.inc({ cache, phase, result });
    },
    waited: (lane, ms) => laneWaits[lane].observe(ms / 1_000),
    canaryReturned: (_primary, seconds) => canary.observe(seconds),
    moved: () => moves.inc(),
    canaryLost: () => lostCanaries.inc(),
    joined: () => joins.inc(),
    notJoined: (code) => {
      if (OUR_FAULTS.some((fault) => fault === code)) failedJoins.inc({ code });
    },
    updated: () => updates.inc(),
    left: () => leaves.inc(),
    dropped: (reason) => drops.inc({ reason }),
    failed: (code) => errors.inc({ code }),
    refused: (reason) => refusals.inc({ reason }),
    delivered: (frames) => deliveries.inc(frames),
    resynced: (cause) => resyncs.inc({ cause }),
    peerMessage: (direction, result) => peerMessages.inc({ direction, result }),
    propagated: (seconds) => propagation.observe(seconds),
    redisRequestFailed: () => redisFailures.inc(),
  };
}

function registerReadings(registry: Registry, readings: PresenceReadings): void {
  const gauge = (name: string, help: string, read: () => number): Gauge =>
    new Gauge({
      name: `presence_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge('connections', 'Open WebSocket connections.', readings.connections);
  gauge('connection_limit', 'Connections this pod may have.', readings.connectionLimit);
  gauge('weddings', 'Weddings with at least one member on this pod.', readings.weddings);
  gauge('redis_available', '1 while a primary answers and has the function library.', () =>
    readings.redisAvailable() ? 1 : 0,
  );
  gauge('draining', '1 while the pod is going away.', () => (readings.draining() ? 1 : 0));
  gauge('buffered_bytes', 'Bytes sent to clients that they have not read yet.', readings.bufferedBytes);
  gauge('booked_weddings', 'Weddings that the operator publishes to this server.', readings.bookedWeddings);
  gauge('peers', 'Other servers that this one sends changes to while Redis is away.', readings.peers);
  gauge(
    'provisional_members',
    'People who are shown differently from what Redis has.',
    readings.provisionalMembers,
  );
  gauge(
    'clock_seconds',
    'Time by the clock of this server, in seconds since the epoch.',
    () => readings.now() / 1_000,
  );
  registerLaneReadings(registry, readings);
  new Gauge({
    name: REVOCATION_METRIC,
    help: 'Connections, or memberships of a wedding, that a Disconnect has ended on this server, by uid of the PresenceOptimization; present while this server refuses the person.',
    labelNames: ['request'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [request, ended] of readings.revocations()) this.set({ request }, ended);
    },
  });
  let before = performance.eventLoopUtilization();
  gauge(
    'event_loop_utilization',
    'Share of the time since the last scrape in which the event loop was busy.',
    () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      return utilization;
    },
  );
}

function registerLaneReadings(registry: Registry, { waiting, canaries }: PresenceReadings): void {
  new Gauge({
    name: 'presence_lane_waiting',
    help: 'Requests and rooms that wait for the scheduler, by lane.',
    labelNames: ['lane'],
    registers: [registry],
    collect() {
      for (const lane of LANES) this.set({ lane }, waiting(lane));
    },
  });
  new Gauge({
    name: 'presence_canary_delay_seconds',
    help: 'Round trip of the last hidden change, by primary.',
    labelNames: ['primary'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { primary, delaySeconds } of canaries())
        if (delaySeconds !== undefined) this.set({ primary }, delaySeconds);
    },
  });
  new Gauge({
    name: 'presence_canary_singing',
    help: '1 while hidden changes come back through the primary, 0 while it is away or its messages are missing.',
    labelNames: ['primary'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { primary, state } of canaries()) this.set({ primary }, state === 'singing' ? 1 : 0);
    },
  });
}
