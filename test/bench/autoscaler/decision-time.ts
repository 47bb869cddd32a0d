import { presenceClusterSpec } from '../../../src/api/v1alpha1/presence-cluster.ts';
import { decideReplicas } from '../../../src/domain/autoscaling/decide.ts';
import { BookedLoad } from '../../../src/domain/autoscaling/demand/booked-load.ts';
import { PRIOR_PROFILE } from '../../../src/domain/autoscaling/demand/presence-profile.ts';
import { NO_MEMORY } from '../../../src/domain/autoscaling/scaling-memory.ts';

const WEDDINGS = 10_000;
const DECISIONS = 500;
const HOUR_MS = 3_600_000;

/** How long one whole decision takes with explanation and next change, when 10,000 weddings are within a day. */
export function measureDecision(): {
  weddings: number;
  medianMicroseconds: number;
  indexMilliseconds: number;
} {
  const now = Date.parse('2027-06-05T13:00:00Z');
  const bookings = Array.from({ length: WEDDINGS }, (_, index) => {
    const ceremony = now + ((index % 48) - 24) * 0.5 * HOUR_MS;
    return { id: `w${index}`, ceremony, ends: ceremony + 10 * HOUR_MS, people: 10 + (index % 40) };
  });
  const startedAt = performance.now();
  const booked = BookedLoad.of(bookings, PRIOR_PROFILE, { from: now, until: now + 30 * HOUR_MS });
  const indexMilliseconds = performance.now() - startedAt;
  const spec = presenceClusterSpec.parse({
    timeZone: 'Europe/London',
    scaling: { mode: 'Full', maxReplicas: 1000 },
  });
  const times = Array.from({ length: DECISIONS }, () => {
    const from = performance.now();
    decideReplicas({
      spec,
      now: new Date(now),
      current: 100,
      demand: {
        booked,
        report: { connections: Math.round(booked.at(now)), pods: 100, silent: 0, at: now },
        forecast: undefined,
        lead: { seconds: 285, samples: 0 },
        memory: NO_MEMORY,
      },
    });
    return performance.now() - from;
  }).sort((a, b) => a - b);
  const median = times[DECISIONS / 2] as number;
  return {
    weddings: WEDDINGS,
    medianMicroseconds: Math.round(1000 * median),
    indexMilliseconds: Math.round(10 * indexMilliseconds) / 10,
  };
}
