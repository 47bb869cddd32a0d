import type { ReconcilePlan } from '../plan/reconcile-plan.ts';
import type { ClusterCondition } from './cluster-condition.ts';

/** What can be said of the load and its forecast; in the modes that do not look at it, nothing is claimed. */
export function loadConditions({ observed, decision: { scaling } }: ReconcilePlan): ClusterCondition[] {
  if (scaling.demand === undefined) return [];
  return [loadObserved(observed, scaling.demand.load), forecastTrusted(observed, scaling.demand)];
}

/** Also where the load is not looked at: freezes go by the bookings, too. */
export function bookingsCondition({ observed, decision: { scaling } }: ReconcilePlan): ClusterCondition {
  const type = 'BookingsFresh';
  if (observed.bookingsStale === undefined)
    return { type, status: 'True', reason: 'Fresh', message: 'No WeddingCalendar is out of date.' };
  const pods = scaling.demand?.pods.Calendar;
  const instead = pods === undefined ? '' : `; season and peak (${pods} pods) apply in addition`;
  const message = `${observed.bookingsStale}; its last fetched bookings remain in effect for scaling and freezes${instead}.`;
  return { type, status: 'False', reason: 'CalendarStale', message };
}

function loadObserved({ demand }: ReconcilePlan['observed'], load: number | undefined): ClusterCondition {
  const type = 'LoadObserved';
  const silent = demand?.report?.silent ?? 0;
  if (load === undefined) {
    const message = 'No presence pod reports its connections; no pod is removed.';
    return { type, status: 'False', reason: 'NoPodReports', message };
  }
  if (silent > 0) {
    const message = `Ready presence pods that do not report their connections: ${silent}; no pod is removed.`;
    return { type, status: 'False', reason: 'SomePodsSilent', message };
  }
  return {
    type,
    status: 'True',
    reason: 'PodsReport',
    message: 'All ready presence pods report their connections.',
  };
}

function forecastTrusted(
  { demand }: ReconcilePlan['observed'],
  { quality, peak }: NonNullable<ReconcilePlan['decision']['scaling']['demand']>,
): ClusterCondition {
  const type = 'ForecastTrusted';
  const nominal = percent(demand?.forecast?.nominal);
  const { held } = peak.coverage;
  switch (quality) {
    case 'None':
    case 'Learning': {
      const message = 'Too few forecasts have been verified yet; bookings, load and calendar decide.';
      return { type, status: 'False', reason: 'Learning', message };
    }
    case 'High':
    case 'Medium': {
      const message = `The ${nominal} % bound held for ${percent(held)} % of recent forecasts.`;
      return { type, status: 'True', reason: 'Calibrated', message };
    }
    case 'Low': {
      const message = `The ${nominal} % bound held for only ${percent(held)} % of recent forecasts.`;
      return { type, status: 'False', reason: 'ForecastDegraded', message };
    }
  }
}

/** Whole percents, so that a condition does not change with each forecast. */
function percent(share = 0): number {
  return Math.round(100 * share);
}
