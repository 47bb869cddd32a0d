import { WorkScheduler } from '../../src/presence/scheduling/work-scheduler.ts';
import {
  createPresenceMetrics,
  type PresenceMetrics,
  type PresenceReadings,
} from '../../src/presence/telemetry/metrics.ts';
import type { ManualClock } from './manual-clock.ts';

/** A server on which nothing happens. */
const AT_REST: PresenceReadings = {
  connections: () => 0,
  connectionLimit: () => 0,
  weddings: () => 0,
  redisAvailable: () => true,
  draining: () => false,
  bufferedBytes: () => 0,
  waiting: () => 0,
  canaries: () => [],
  bookedWeddings: () => 0,
  peers: () => 0,
  provisionalMembers: () => 0,
  revocations: () => new Map(),
  now: () => 0,
};

/** Metrics for a part of a presence server, without the server. */
export function metricsAtRest(): PresenceMetrics {
  return createPresenceMetrics(AT_REST);
}

/** Does what it is given, and tells nobody how long that waited. */
export function quietScheduler(clock: ManualClock): WorkScheduler {
  return new WorkScheduler({
    clock,
    yieldTo: setImmediate,
    iteration: () => 0,
    waited: () => {},
    failed: () => {},
  });
}
