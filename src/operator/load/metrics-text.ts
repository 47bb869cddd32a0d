/** What a presence pod reports of itself. */
export interface PodReading {
  connections: number;
  /** The pod is draining and accepts no connections. */
  draining: boolean;
}

/**
 * Reads the two metrics that matter from the text format of Prometheus (version 0.0.4). Undefined when the connections
 * are not there or are no number of connections: NaN, infinite, negative.
 */
export function readPodMetrics(text: string): PodReading | undefined {
  const connections = sample(text, 'presence_connections');
  if (connections === undefined || !Number.isFinite(connections) || connections < 0) return undefined;
  return { connections, draining: sample(text, 'presence_draining') === 1 };
}

function sample(text: string, name: string): number | undefined {
  const match = new RegExp(`^${name}(?:\\{[^}\\n]*\\})? (\\S+)`, 'm').exec(text);
  return match === null ? undefined : Number(match[1]);
}
