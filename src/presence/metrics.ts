import { performance } from 'node:perf_hooks';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ErrorCode } from '../api/protocol/codes.ts';
import type { ReconnectReason } from '../api/protocol/member.ts';

/** Read at each scrape. */
export interface PresenceReadings {
  readonly connections: () => number;
  readonly connectionLimit: () => number;
  readonly weddings: () => number;
  readonly redisAvailable: () => boolean;
  readonly draining: () => boolean;
}

/** What the parts of the server report. */
export interface PresenceMetrics {
  readonly registry: Registry;
  joined(): void;
  updated(): void;
  left(): void;
  dropped(reason: ReconnectReason): void;
  /** An error frame was sent. */
  failed(code: ErrorCode): void;
  /** A connection was turned away before it was one. */
  refused(reason: 'over_capacity' | 'draining' | 'origin_refused'): void;
  delivered(frames: number): void;
  resynced(cause: string): void;
  propagated(seconds: number): void;
  redisRequestFailed(): void;
}

/** The contract is 2 s; on an idle machine it is about a millisecond. */
const PROPAGATION_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10];

/** How often the lag of the event loop is sampled. The usual 10 ms wakes an idle process a hundred times a second. */
const LAG_SAMPLE_MS = 100;

/** The metrics of one server, in a registry of its own. */
export function createPresenceMetrics(readings: PresenceReadings): PresenceMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LAG_SAMPLE_MS });
  registerReadings(registry, readings);
  const count = (name: string, help: string, labelNames: string[] = []): Counter =>
    new Counter({ name: `presence_${name}`, help, labelNames, registers: [registry] });
  const joins = count('joins_total', 'Joins that were kept.');
  const updates = count('updates_total', 'Updates that were kept.');
  const leaves = count('leaves_total', 'Leaves that a client asked for.');
  const drops = count('drops_total', 'Memberships that lost their connection, by reason.', ['reason']);
  const errors = count('errors_total', 'Error frames sent, by code.', ['code']);
  const refusals = count('refused_connections_total', 'Connections that were turned away, by reason.', [
    'reason',
  ]);
  const deliveries = count('deliveries_total', 'Diff frames handed to connections.');
  const resyncs = count('resyncs_total', 'Snapshots that a pod took to repair its replica, by cause.', [
    'cause',
  ]);
  const redisFailures = count('redis_request_failures_total', 'Requests that Redis did not confirm in time.');
  const propagation = new Histogram({
    name: 'presence_propagation_seconds',
    help: 'From a request of a client of this pod, through Redis, to the hand-over of its diff on this pod.',
    buckets: PROPAGATION_SECONDS,
    registers: [registry],
  });
  return {
    registry,
    joined: () => joins.inc(),
    updated: () => updates.inc(),
    left: () => leaves.inc(),
    dropped: (reason) => drops.inc({ reason }),
    failed: (code) => errors.inc({ code }),
    refused: (reason) => refusals.inc({ reason }),
    delivered: (frames) => deliveries.inc(frames),
    resynced: (cause) => resyncs.inc({ cause }),
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
