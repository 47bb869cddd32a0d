import type { PodCounts } from '../../domain/slo/pod-counts.ts';

/** What a presence pod reports of itself. */
export interface PodReading {
  connections: number;
  /** The pod is draining and accepts no connections. */
  draining: boolean;
  /** Undefined when a metric of them is missing, as with an older image. */
  counts: PodCounts | undefined;
}

/**
 * Reads the metrics that matter from the text format of Prometheus (version 0.0.4). Undefined when the connections
 * are not there or are no number of connections: NaN, infinite, negative.
 *
 * @param withinMs the delay from which a hidden change is late; a bound of the histogram
 */
export function readPodMetrics(text: string, withinMs: number): PodReading | undefined {
  const connections = sample(text, 'presence_connections');
  if (connections === undefined || !Number.isFinite(connections) || connections < 0) return undefined;
  return {
    connections,
    draining: sample(text, 'presence_draining') === 1,
    counts: readCounts(text, withinMs),
  };
}

function readCounts(text: string, withinMs: number): PodCounts | undefined {
  const startedAt = sample(text, 'process_start_time_seconds');
  const clock = sample(text, 'presence_clock_seconds');
  const returned = sample(text, 'presence_canary_seconds_count');
  const inTime = sample(text, 'presence_canary_seconds_bucket', `{le="${withinMs / 1000}"}`);
  const delaySeconds = sample(text, 'presence_canary_seconds_sum');
  const lost = sample(text, 'presence_canary_lost_total');
  const joined = sample(text, 'presence_joins_total');
  const failedJoins = sumOf(text, 'presence_failed_joins_total');
  if (startedAt === undefined || clock === undefined || returned === undefined || inTime === undefined)
    return undefined;
  if (delaySeconds === undefined || lost === undefined || joined === undefined || failedJoins === undefined)
    return undefined;
  return { startedAt, clock, returned, inTime, delaySeconds, lost, joined, failedJoins };
}

function sample(text: string, name: string, labels?: string): number | undefined {
  const of = labels?.replace(/[{}."]/g, String.raw`\$&`) ?? String.raw`(?:\{[^}\n]*\})?`;
  const match = new RegExp(`^${name}${of} (\\S+)`, 'm').exec(text);
  return match === null ? undefined : Number(match[1]);
}

/** Of all label sets; undefined when there is none. */
function sumOf(text: string, name: string): number | undefined {
  const matches = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}\\n]*\\})? (\\S+)`, 'gm'))];
  return matches.length === 0 ? undefined : matches.reduce((sum, [, value]) => sum + Number(value), 0);
}
