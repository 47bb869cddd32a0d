import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { formatWallClock } from '../calendar/instant.ts';
import type { Demand } from './demand.ts';
import { DEMAND_SOURCES, type DemandSize, type DemandSource, type HoldFloor } from './demand-size.ts';
import type { Candidate, Clamp, FleetSize } from './fleet.ts';
import { FORECAST_UTILIZATION, reactiveUtilization, wholeConnections } from './load-size.ts';
import { arithmetic } from './wording.ts';

interface Known {
  demand: Demand;
  holdFloor: HoldFloor | undefined;
  /** Milliseconds since the epoch. */
  now: number;
  current: number | undefined;
}

/** The sentences of a number of pods that was made from the load: every term with its numbers. */
export function explainDemand(
  spec: PresenceClusterSpec,
  size: DemandSize,
  known: Known,
): Pick<FleetSize, 'candidates' | 'clamps' | 'because'> {
  const list: Candidate[] = DEMAND_SOURCES.flatMap((source) => {
    const replicas = size.pods[source];
    if (replicas === undefined) return [];
    return [{ source, replicas, because: sentence(source, spec, size, known) }];
  });
  const winning = list.find(({ source }) => source === size.winner) as Candidate;
  const clamps = clampsOf(spec, size);
  const cut = clamps.map(({ by, to }) => `, cut to ${to} by ${by}`).join('');
  const held = heldSentence(size);
  return {
    candidates: list,
    clamps,
    because: `${size.winner}: ${winning.because}${cut}${held === '' ? '' : `; ${held}`}`,
  };
}

function sentence(source: DemandSource, spec: PresenceClusterSpec, size: DemandSize, known: Known): string {
  switch (source) {
    case 'Forecast':
      return forecastSentence(spec, size, known);
    case 'Observed':
      return observedSentence(spec, size, known);
    case 'Reserve': {
      const { reserveConnections } = spec.scaling;
      const { maxConnectionsPerPod } = spec.presence;
      return `ceil((${size.load} connections + ${reserveConnections} in reserve) / ${maxConnectionsPerPod}) = ${size.pods.Reserve}`;
    }
    case 'Calendar': {
      const from = size.calendar.from > known.now ? ` from ${clockOf(spec, size.calendar.from)} on` : '';
      const { bookingsStale } = known.demand;
      const stale = bookingsStale === undefined ? '' : `; bookings may be out of date: ${bookingsStale}`;
      return `${arithmetic(spec, size.calendar, size.pods.Calendar as number)}${from}${stale}`;
    }
    case 'Hold':
      return known.holdFloor?.because ?? '';
    case 'Minimum':
      return (size.pods.Minimum as number) > spec.scaling.minReplicas
        ? `minDuringWedding = ${size.pods.Minimum} (weddings on or about to begin: ${size.activeWeddings})`
        : `minReplicas = ${size.pods.Minimum}`;
  }
}

function forecastSentence(spec: PresenceClusterSpec, { peak, quality, pods }: DemandSize, { demand }: Known) {
  const { maxConnectionsPerPod } = spec.presence;
  const nominal = Math.round(100 * (demand.forecast?.nominal ?? 0));
  const kind = quality === 'None' ? 'assumed bound' : `${nominal} % bound`;
  const parts = `booked ${Math.round(peak.booked)}, others ${Math.round(peak.unexplained)}`;
  return (
    `ceil(${wholeConnections(peak.bound)} / (${FORECAST_UTILIZATION} × ${maxConnectionsPerPod})) = ${pods.Forecast}: ` +
    `${kind} of ${Math.round(peak.expected)} connections expected by ${clockOf(spec, peak.at)} (${parts})`
  );
}

function observedSentence(
  spec: PresenceClusterSpec,
  { load, quality, pods }: DemandSize,
  known: Known,
): string {
  const { maxConnectionsPerPod } = spec.presence;
  const utilization = reactiveUtilization(quality !== 'None');
  const exact = Math.ceil((load as number) / (utilization * maxConnectionsPerPod) - 1e-9);
  if (exact === pods.Observed) {
    return `ceil(${load} connections / (${utilization} × ${maxConnectionsPerPod})) = ${exact}`;
  }
  const current = Math.max(1, known.current ?? spec.scaling.minReplicas);
  return `${load} connections are within 10 % of ${current} pods × ${utilization} × ${maxConnectionsPerPod}`;
}

function clampsOf({ scaling }: PresenceClusterSpec, { raw, capped }: DemandSize): Clamp[] {
  if (capped >= raw) return [];
  return [{ by: capped === scaling.maxReplicas ? 'maxReplicas' : 'budgetReplicas', from: raw, to: capped }];
}

function heldSentence({ held, desired, windowSeconds }: DemandSize): string {
  switch (held) {
    case undefined:
      return '';
    case 'NoMetrics':
      return `${desired} are kept: no pod reports its connections`;
    case 'Hysteresis':
      return `${desired} are kept: a twentieth more than needed is not removed`;
    case 'KeptForLater':
      return `${desired} are kept: they may be needed within 30 minutes`;
    case 'ScaleInWindow':
      return `${desired} are kept: more were wanted within the last ${windowSeconds} s`;
    case 'ScaleInRate':
      return `${desired} for now: at most a tenth of the pods, or one, is removed a minute`;
    case 'ScaleOutRate':
      return `${desired} for now: at most twice the pods, or four more, within 15 s`;
  }
}

function clockOf({ timeZone }: PresenceClusterSpec, at: number): string {
  return `${formatWallClock(timeZone, new Date(at)).slice(-5)} ${timeZone}`;
}
