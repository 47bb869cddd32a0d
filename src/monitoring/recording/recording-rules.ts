/** Windows of burn rates, those by which the operator judges objectives. */
export const BURN_WINDOWS = ['5m', '30m', '1h', '6h', '3d'] as const;
export type BurnWindow = (typeof BURN_WINDOWS)[number];

/** A rule by which Prometheus keeps the result of an expression under a name. */
export interface RecordingRule {
  /** Named after the labels that it keeps, the metric, and the operation. Source: https://prometheus.io/docs/practices/rules/ */
  readonly record: string;
  readonly expr: string;
  readonly labels?: { readonly objective: string };
}

/** Names of the recorded series of a window; each has the labels of a PresenceCluster and `objective`. */
export interface RecordedNames {
  /** Events per second. */
  readonly events: string;
  /** Events per second that failed. */
  readonly failures: string;
  /** How many times faster than allowed the error budget is spent. */
  readonly burnRate: string;
}

export function recordedNames(window: BurnWindow): RecordedNames {
  return {
    events: `presencecluster:presence_slo_events:rate${window}`,
    failures: `presencecluster:presence_slo_failures:rate${window}`,
    burnRate: `presencecluster:presence_slo_burn_rate:rate${window}`,
  };
}

const OF_CLUSTER = 'namespace, presencecluster';

/**
 * What the operator measures for the objectives, from the counters of the presence pods: it goes on for a day without an operator,
 * and Prometheus keeps it for as long as it keeps anything.
 */
export function recordingRules(): { groups: { name: string; rules: RecordingRule[] }[] } {
  return {
    groups: BURN_WINDOWS.map((window) => ({
      name: `presence-objectives-${window}`,
      rules: rulesOf(window),
    })),
  };
}

function rulesOf(window: BurnWindow): RecordingRule[] {
  const { events, failures, burnRate } = recordedNames(window);
  const total = (counter: string): string => `sum by (${OF_CLUSTER}) (rate(${counter}[${window}]))`;
  const returned = total('presence_canary_seconds_count');
  const lost = total('presence_canary_lost_total');
  const joined = total('presence_joins_total');
  const failedJoins = total('presence_failed_joins_total');
  const [updates, joins] = [{ objective: 'updates' }, { objective: 'joins' }];
  const allowed = `(1 - (${lastKnown(`${OF_CLUSTER}, objective`, 'presence_slo_objective_ratio')}))`;
  return [
    { record: events, expr: `${returned} + ${lost}`, labels: updates },
    { record: failures, expr: `clamp_min(${returned} - ${inTime(window)}, 0) + ${lost}`, labels: updates },
    { record: events, expr: `${joined} + ${failedJoins}`, labels: joins },
    { record: failures, expr: failedJoins, labels: joins },
    { record: burnRate, expr: `${failures} / (${events} > 0) / ${allowed}` },
  ];
}

/** What the operator reports of the spec; for a day without an operator, what it reported last. */
function lastKnown(labels: string, metric: string): string {
  return `max by (${labels}) (${metric}) or max by (${labels}) (last_over_time(${metric}[1d]))`;
}

/**
 * Hidden changes per second that were seen in time. The spec has the bound, so the bucket is chosen by a value.
 * Prometheus 3 writes the bound `2` as `2.0`.
 */
function inTime(window: BurnWindow): string {
  const byBound = `sum by (${OF_CLUSTER}, le) (rate(presence_canary_seconds_bucket[${window}]))`;
  const bounds = `label_replace(${byBound}, "le", "$1", "le", "(.+?)([.]0)?")`;
  const within = `count_values by (${OF_CLUSTER}) ("le", ${lastKnown(OF_CLUSTER, 'presence_slo_within_seconds')})`;
  return `sum by (${OF_CLUSTER}) (${bounds} and on (${OF_CLUSTER}, le) ${within})`;
}
