import type { PresenceCluster } from '../../src/api/v1alpha1/kinds.ts';
import type { WeddingCrewsResult } from '../load/wedding-crews.ts';

/** out/demo.json. */
export interface DemoReport {
  seconds: { cluster: number; images: number; install: number; ready: number; total: number };
  kubernetes: string;
  presenceCluster: {
    name: string;
    ready: boolean;
    floor: number;
    desired: number;
    readyReplicas: number;
    shards: number;
    slotsCovered: number;
  };
  /** `missing` has each delivery that did not come, up to `MOST_MISSING`; the counts are of all. */
  clients: WeddingCrewsResult;
}

const MOST_MISSING = 1_000;

export function clientsReport(crews: WeddingCrewsResult): DemoReport['clients'] {
  return { ...crews, missing: crews.missing.slice(0, MOST_MISSING) };
}

export function clusterReport(cluster: PresenceCluster): DemoReport['presenceCluster'] {
  const { status } = cluster;
  return {
    name: cluster.metadata.name,
    ready:
      status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false,
    floor: status?.scaling?.floor ?? 0,
    desired: status?.scaling?.desired ?? 0,
    readyReplicas: status?.presence?.readyReplicas ?? 0,
    shards: status?.redis?.shards.length ?? 0,
    slotsCovered: status?.redis?.slotsCovered ?? 0,
  };
}

/**
 * What the demo ends with.
 *
 * @param freeze a line each of what was refused and let through in the freeze
 */
export function closingText(report: DemoReport, cluster: PresenceCluster, freeze: readonly string[]): string {
  const { seconds, clients } = report;
  const held = cluster.status?.conditions?.find(({ type }) => type === 'RolloutHeld');
  const frozen = cluster.status?.conditions?.find(({ type }) => type === 'Frozen');
  return `
${clients.connected} clients in 8 weddings: ${clients.updates} updates, ${clients.deliveries} of ${clients.expected} deliveries${explained(clients)},
  from update to the other phones: median ${clients.p50Ms.toFixed(1)} ms, 99% within ${clients.p99Ms.toFixed(1)} ms
Presence pods: ${cluster.status?.scaling?.because}
Frozen: ${frozen?.status}, ${frozen?.message}
Held: ${held?.status}, ${held?.message}
${freeze.join('\n')}
Seconds: cluster ${seconds.cluster}, images ${seconds.images}, install ${seconds.install}, apply to Ready ${seconds.ready}, total ${seconds.total}

All of it keeps running. What to try next:

  export KUBECONFIG=$PWD/out/kubeconfig PATH=$PWD/out/bin:$PATH
  kubectl presence status wedsync -n weddings
  kubectl presence explain wedsync -n weddings --at 2027-06-05T18:30
  kubectl -n weddings get weddings,presenceclusters,rolloutfreezes

  make demo-down removes it.`;
}

/** What is to be said of deliveries that did not come one by one; nothing when all did. */
export function explained({ conflated, lost }: Pick<WeddingCrewsResult, 'conflated' | 'lost'>): string {
  const parts = [
    ...(conflated > 0 ? [`${conflated} conflated with a later value`] : []),
    ...(lost > 0 ? [`${lost} LOST (each is in out/demo.json)`] : []),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
