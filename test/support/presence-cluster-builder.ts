import type { z } from 'zod';
import { API_VERSION } from '../../src/api/schema/group.ts';
import type { PresenceCluster, Wedding } from '../../src/api/v1alpha1/kinds.ts';
import { type Component, LABEL } from '../../src/api/v1alpha1/names.ts';
import { presenceClusterSpec } from '../../src/api/v1alpha1/presence-cluster.ts';
import { weddingSpec } from '../../src/api/v1alpha1/wedding.ts';
import { standardLabels } from '../../src/domain/resources/manifest.ts';
import { childKey, type LoadState, type Observed } from '../../src/operator/cluster-state/observed.ts';
import type { Pod } from '../../src/operator/cluster-state/pod.ts';
import { LoadRegistry } from '../../src/operator/load/load-registry.ts';
import type { LoadSources } from '../../src/operator/load/load-state.ts';
import type { DefaultImages } from '../../src/operator/presence-cluster/plan/build.ts';
import type { KubeObject } from '../../src/platform/kube/resource.ts';

/** A June Saturday without a wedding, at noon in London. */
export const NOON = new Date('2027-06-05T11:00:00Z');

/** As new as can be at {@link NOON} and before. */
export const CURRENT_ZONE_DATA = { version: '2026c', asOf: '2027-06-01', runtimeTzdb: '2026c' } as const;

export const IMAGES: DefaultImages = {
  presence: 'presence:1',
  valkey: 'valkey:9',
  redis: 'redis:7',
  pullSecrets: [],
};

type SpecInput = Partial<z.input<typeof presenceClusterSpec>>;

/** PresenceCluster `weddings/wedsync` in London, with the defaults of the schema for what `spec` leaves out. */
export function presenceCluster(
  spec: SpecInput = {},
  more: { metadata?: Partial<PresenceCluster['metadata']>; status?: PresenceCluster['status'] } = {},
): PresenceCluster {
  return {
    apiVersion: API_VERSION,
    kind: 'PresenceCluster',
    metadata: { name: 'wedsync', namespace: 'weddings', uid: 'uid-wedsync', generation: 3, ...more.metadata },
    spec: presenceClusterSpec.parse({ timeZone: 'Europe/London', ...spec }),
    ...(more.status ? { status: more.status } : {}),
  };
}

/** A confirmed wedding of ten people on Saturday 5 June 2027, 14:30 to 01:00 in London. */
export function wedding(spec: Partial<z.input<typeof weddingSpec>> = {}, name = 'ada-and-grace'): Wedding {
  return {
    apiVersion: API_VERSION,
    kind: 'Wedding',
    metadata: { name, namespace: 'weddings', uid: `uid-${name}`, generation: 1 },
    spec: weddingSpec.parse({
      date: '2027-06-05',
      timeZone: 'Europe/London',
      ceremony: '14:30',
      ends: '01:00',
      team: { photographer: 2, catering: 8 },
      ...spec,
    }),
  };
}

/** A pod of `wedsync` that is ready, unless told otherwise. */
export function pod(
  name: string,
  component: Exclude<Component, 'operator'>,
  more: { labels?: Record<string, string>; status?: Pod['status']; deletionTimestamp?: string } = {},
): Pod {
  const { deletionTimestamp } = more;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'weddings',
      uid: `uid-${name}`,
      labels: { ...standardLabels('wedsync', component), ...more.labels },
      ...(deletionTimestamp ? { deletionTimestamp } : {}),
    },
    spec: {},
    status: more.status ?? { conditions: [{ type: 'Ready', status: 'True' }] },
  };
}

export function redisPod(shard: number, ordinal: number, more: Parameters<typeof pod>[2] = {}): Pod {
  const labels = { [LABEL.shard]: String(shard), ...more.labels };
  return pod(`wedsync-redis-${shard}-${ordinal}`, 'redis', { ...more, labels });
}

/** The load of a PresenceCluster in a mode that does not use it. */
export const UNKNOWN_LOAD: LoadState = {
  demand: undefined,
  seenLoad: undefined,
  fleetCost: undefined,
  slo: undefined,
  connections: undefined,
  bookingsStale: undefined,
  conflictingAutoscaler: undefined,
  holdFloor: undefined,
};

/** Where the load of PresenceClusters comes from when nothing but the registry knows of it. */
export function loadSources(more: Partial<LoadSources> = {}): LoadSources {
  return {
    loads: new LoadRegistry(),
    slo: () => undefined,
    holdFloor: () => undefined,
    conflictingAutoscaler: () => undefined,
    bookingsStale: () => undefined,
    ...more,
  };
}

/** What is seen of a PresenceCluster of which nothing was made yet, unless told otherwise. */
export function observed(
  more: Partial<Omit<Observed, 'children'>> & { children?: readonly KubeObject[] } = {},
): Observed {
  const { children = [], ...rest } = more;
  return {
    now: NOON,
    cluster: presenceCluster(),
    ...UNKNOWN_LOAD,
    weddings: [],
    overrides: [],
    redisPods: [],
    claims: [],
    refusedGrowth: new Map(),
    presencePods: [],
    lostPods: [],
    topology: { nodes: [] },
    warnings: new Map(),
    runningConfig: new Map(),
    certificateServers: [],
    aclSecret: { rulesAreCurrent: true },
    tls: undefined,
    signingProblem: undefined,
    refusedSecrets: [],
    schedulableNodes: () => undefined,
    renewals: { isTried: () => false },
    moveRefused: undefined,
    lastFailover: undefined,
    unwatchedKinds: [],
    zoneData: CURRENT_ZONE_DATA,
    freezeClock: { kind: 'Off' },
    ...rest,
    children: new Map(children.map((child) => [childKey(child), child])),
  };
}
