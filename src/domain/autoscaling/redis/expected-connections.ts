import type { PresenceClusterSpec } from '../../../api/v1alpha1/presence-cluster.ts';
import { seasonAt } from '../../calendar/season.ts';
import { ceilProduct } from '../ceil-product.ts';

const DAY_MS = 86_400_000;
/** Moving slots is a thing of a quiet night, and it may have to wait for one: so far ahead the season is looked at. */
export const SEASON_AHEAD_DAYS = 14;
/** As long as the history of the load is. */
const SEASON_BEHIND_DAYS = 28;

/** Observed and booked load, beside the calendar. */
export interface SeenLoad {
  /** Highest number of connections of the last four weeks. */
  peak: number;
  /** Highest number that bookings bring within {@link SEASON_AHEAD_DAYS}; 0 without bookings. */
  booked: number;
}

export interface ExpectedConnections {
  connections: number;
  /** The arithmetic. */
  because: string;
}

/**
 * The most connections that Redis must be large enough for in the next two weeks: the highest of the last four weeks by
 * the ratio of the seasons, or the booked connections if they are more. In modes that do not use the load, as many as the
 * calendar plans pods for.
 *
 * @param now milliseconds since the epoch
 */
export function expectedConnections(
  spec: PresenceClusterSpec,
  now: number,
  seen: SeenLoad | undefined,
): ExpectedConnections {
  const season = (from: number, until: number): number =>
    Math.max(
      ...Array.from({ length: until - from + 1 }, (_, day) => seasonOn(spec, now + (from + day) * DAY_MS)),
    );
  const ahead = season(0, SEASON_AHEAD_DAYS);
  if (seen === undefined || seen.peak === 0) return planned(spec, ahead);
  const behind = season(-SEASON_BEHIND_DAYS, 0);
  const bySeason = Math.ceil((seen.peak * ahead) / behind);
  if (seen.booked > bySeason) {
    const connections = Math.ceil(seen.booked);
    return { connections, because: `${connections} connections booked within ${SEASON_AHEAD_DAYS} days` };
  }
  const because = `${Math.round(seen.peak)} connections at most in four weeks × season ${ahead} / ${behind}`;
  return { connections: bySeason, because };
}

function planned({ scaling, presence }: PresenceClusterSpec, season: number): ExpectedConnections {
  if (scaling.mode === 'Off') {
    const pods = presence.replicas ?? scaling.minReplicas;
    return full(pods, presence.maxConnectionsPerPod, `spec.presence.replicas ${pods}`);
  }
  const peak = Math.max(1, ...scaling.peaks.map(({ multiplier }) => multiplier));
  const calendar = ceilProduct([scaling.baselineReplicas, season, peak]);
  const pods = Math.min(scaling.maxReplicas, Math.max(scaling.minReplicas, calendar));
  return full(pods, presence.maxConnectionsPerPod, `calendar ${pods} pods`);
}

function full(pods: number, perPod: number, what: string): ExpectedConnections {
  return { connections: pods * perPod, because: `${what} × ${perPod} connections` };
}

function seasonOn({ scaling, timeZone }: PresenceClusterSpec, instantMs: number): number {
  return seasonAt(scaling, timeZone, instantMs).factor;
}
