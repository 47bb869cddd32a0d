import { PRESENCE_CLUSTER, WEDDING } from '../../../src/api/v1alpha1/kinds.ts';
import type { KubeClient } from '../../../src/platform/kube/client.ts';
import { builtin, type KubeObject } from '../../../src/platform/kube/resource.ts';

/** Writes in flight: enough to keep an API server busy, few enough not to be throttled by it. */
const IN_FLIGHT = 24;
const FIELD_MANAGER = { fieldManager: 'bench' } as const;
/** Clusters a namespace: a platform team's grouping, and few namespaces to create. */
const PER_NAMESPACE = 50;

export interface Range {
  from: number;
  to: number;
}

async function inParallel(range: Range, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = range.from;
  const worker = async (): Promise<void> => {
    while (next < range.to) await work(next++);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
}

const namespaceOf = (cluster: number): string => `bench-${Math.floor(cluster / PER_NAMESPACE)}`;
const apiVersion = `${PRESENCE_CLUSTER.group}/${PRESENCE_CLUSTER.version}`;

/** PresenceClusters of three shards with no peak, and namespaces for them. */
export async function createClusters(client: KubeClient, range: Range): Promise<void> {
  const namespaces = new Set<string>();
  for (let index = range.from; index < range.to; index++) namespaces.add(namespaceOf(index));
  for (const name of namespaces) {
    await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, FIELD_MANAGER);
  }
  await inParallel(range, (index) =>
    client.create(
      {
        apiVersion,
        kind: PRESENCE_CLUSTER.kind,
        metadata: { name: `cluster-${index}`, namespace: namespaceOf(index) },
        spec: { timeZone: 'UTC', scaling: { baselineReplicas: 4, peaks: [] } },
      },
      FIELD_MANAGER,
    ),
  );
}

/** Weddings over the next year, ten a cluster, each of one cluster. */
export async function createWeddings(client: KubeClient, range: Range): Promise<void> {
  await inParallel(range, (index) => {
    const cluster = Math.floor(index / 10);
    const date = new Date(Date.now() + (2 + (index % 360)) * 86_400_000).toISOString().slice(0, 10);
    return client.create(
      {
        apiVersion,
        kind: WEDDING.kind,
        metadata: { name: `wedding-${index}`, namespace: namespaceOf(cluster) },
        spec: {
          presenceClusterName: `cluster-${cluster}`,
          date,
          timeZone: 'UTC',
          ceremony: '14:30',
          ends: '01:00',
          state: 'Confirmed',
          team: { photographer: 2, videographer: 1, venue: 3, catering: 12, planner: 1, other: 6 },
        },
      },
      FIELD_MANAGER,
    );
  });
}

/** Pods of somebody else, of the size that pods have. */
export async function createForeignPods(client: KubeClient, count: number): Promise<void> {
  const environment = Array.from({ length: 30 }, (_, index) => ({
    name: `SETTING_${index}`,
    value: 'x'.repeat(40),
  }));
  await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'foreign' } }, FIELD_MANAGER);
  await inParallel({ from: 0, to: count }, (index) =>
    client.create(
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: `foreign-${index}`, namespace: 'foreign', labels: { app: `app-${index % 100}` } },
        spec: { containers: [{ name: 'main', image: 'foreign:1', env: environment }] },
      },
      FIELD_MANAGER,
    ),
  );
}

/** Gives every cluster one peak that begins at this minute (UTC). */
export async function setPeak(client: KubeClient, count: number, from: Date): Promise<void> {
  const clock = (at: Date): string => at.toISOString().slice(11, 16);
  const to = new Date(from.getTime() + 3_600_000);
  const patch = { spec: { scaling: { peaks: [{ from: clock(from), to: clock(to), multiplier: 3 }] } } };
  await inParallel({ from: 0, to: count }, (index) =>
    client.patch(PRESENCE_CLUSTER, namespaceOf(index), `cluster-${index}`, patch, FIELD_MANAGER),
  );
}

export async function leaseHolder(client: KubeClient, namespace: string, name: string): Promise<string> {
  const lease = await client.get<KubeObject>(builtin.Lease, namespace, name);
  return (lease?.spec as { holderIdentity?: string } | undefined)?.holderIdentity ?? '';
}
