import { describe, expect, it } from 'vitest';
import {
  loadSources,
  NOON,
  observed,
  presenceCluster,
} from '../../../test/support/presence-cluster-builder.ts';
import type { PresenceCluster, WeddingCalendar } from '../../api/v1alpha1/kinds.ts';
import { presenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { weddingCalendarSpec } from '../../api/v1alpha1/wedding-calendar.ts';
import { decideReplicas } from '../../domain/autoscaling/decide.ts';
import { BookedLoad } from '../../domain/autoscaling/demand/booked-load.ts';
import { PRIOR_PROFILE } from '../../domain/autoscaling/demand/presence-profile.ts';
import type { Demand } from '../../domain/autoscaling/demand.ts';
import { NO_MEMORY } from '../../domain/autoscaling/scaling-memory.ts';
import { loadState } from './load-state.ts';
import { staleBookings } from './stale-bookings.ts';

const HOUR_MS = 3_600_000;
const ago = (hours: number): string => new Date(NOON.getTime() - hours * HOUR_MS).toISOString();

function calendar(
  status: WeddingCalendar['status'],
  spec: object = {},
  namespace = 'weddings',
): WeddingCalendar {
  return {
    metadata: { name: 'office', namespace },
    spec: weddingCalendarSpec.parse({ source: { secretName: 'feed' }, defaultTimeZone: 'UTC', ...spec }),
    ...(status === undefined ? {} : { status }),
  } as WeddingCalendar;
}

function condition(status: 'True' | 'False', reason: string, hours: number) {
  return {
    conditions: [{ type: 'CalendarFresh', status, reason, message: '', lastTransitionTime: ago(hours) }],
  };
}

describe('bookings', () => {
  const stale = (...calendars: WeddingCalendar[]) => staleBookings(calendars, presenceCluster(), NOON);

  it('are never out of date without a calendar', () => {
    expect(stale()).toBeUndefined();
  });

  it('are out of date when the last good copy is older than maxStaleness', () => {
    expect(
      stale(calendar({ lastFetched: ago(24), ...condition('False', 'FetchFailed', 23) })),
    ).toBeUndefined();
    expect(stale(calendar({ lastFetched: ago(25), ...condition('False', 'FetchFailed', 24) }))).toBe(
      `WeddingCalendar office was last fresh at ${ago(25)}, longer ago than 24h`,
    );
    expect(stale(calendar({ lastFetched: ago(3) }, { maxStaleness: '2h' }))).toContain('longer ago than 2h');
  });

  it('are out of date before the first copy, and when the API server refuses Weddings for so long', () => {
    expect(stale(calendar(undefined))).toBe('WeddingCalendar office has no copy yet');
    const refused = (hours: number) =>
      calendar({ lastFetched: ago(0), ...condition('False', 'WritesFailed', hours) });
    expect(stale(refused(1))).toBeUndefined();
    expect(stale(refused(25))).toContain('was last fresh at');
  });

  it('depend on the calendars that serve the PresenceCluster, on each of them', () => {
    const weddings = (presenceClusterName: string) => ({ weddings: { presenceClusterName } });
    expect(stale(calendar(undefined, weddings('another')))).toBeUndefined();
    expect(stale(calendar(undefined, {}, 'elsewhere'))).toBeUndefined();
    expect(stale(calendar({ lastFetched: ago(1) }), calendar(undefined, weddings('wedsync')))).toContain(
      'no copy',
    );
  });
});

describe('a stale calendar', () => {
  const spec = presenceClusterSpec.parse({
    timeZone: 'UTC',
    presence: { maxConnectionsPerPod: 100 },
    scaling: { mode: 'Full', baselineReplicas: 4, minReplicas: 1, maxReplicas: 60 },
  });
  const now = Date.parse('2027-06-05T18:30:00Z');
  const ceremony = now + 4 * HOUR_MS;
  const bookings = [{ id: 'w', ceremony, ends: ceremony + 9 * HOUR_MS, people: 20 }];
  const coverage = { held: 0.95, samples: 1000 };
  const horizons = Array.from({ length: 16 }, () => ({
    expected: 300,
    strata: [{ upTo: 1e6, quantile: 1 }],
    coverage,
  }));
  const demand: Demand = {
    booked: BookedLoad.of(bookings, PRIOR_PROFILE, { from: now - HOUR_MS, until: now + 30 * HOUR_MS }),
    report: { connections: 300, pods: 5, silent: 0, at: now },
    forecast: { at: now - 60_000, stepSeconds: 300, nominal: 0.95, horizons },
    lead: { seconds: 285, samples: 0 },
    memory: NO_MEMORY,
  };
  const decide = (known: Demand, current = 5) =>
    decideReplicas({ spec, now: new Date(now), current, demand: known });
  const why = 'WeddingCalendar office has no copy yet';

  it('brings back exactly ceil(baseline × season × peak), and says why', () => {
    const before = decide(demand);
    expect(before.candidates.map(({ source }) => source)).not.toContain('Calendar');
    expect(before.desired).toBeLessThan(24);
    const multipliers = { ...spec, scaling: { ...spec.scaling, mode: 'Multipliers' as const } };
    const after = decide({ ...demand, bookingsStale: why });
    expect(after).toMatchObject({
      desired: decideReplicas({ spec: multipliers, now: new Date(now) }).desired,
      winner: 'Calendar',
    });
    expect(after.desired).toBe(24);
    expect(after.because).toContain(`; bookings may be out of date: ${why}`);
  });

  it.each([1, 5, 24, 40])('never means fewer pods, with %d there', (current) => {
    const fresh = decide(demand, current).desired;
    expect(decide({ ...demand, bookingsStale: why }, current).desired).toBeGreaterThanOrEqual(fresh);
  });

  it('is told with the load', () => {
    const cluster = { ...presenceCluster(), spec } as PresenceCluster;
    const cached = observed({ cluster });
    const stale = loadState(loadSources({ bookingsStale: () => why }), spec, cached);
    expect(stale).toMatchObject({ bookingsStale: why, demand: { bookingsStale: why } });
    const fresh = loadState(loadSources(), spec, cached);
    expect(fresh.bookingsStale).toBeUndefined();
    expect(fresh.demand).toBeDefined();
    expect(fresh.demand).not.toHaveProperty('bookingsStale');
  });
});
