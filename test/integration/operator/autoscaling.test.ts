import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIELD_MANAGER } from '../../../src/api/v1alpha1/names.ts';
import { childName } from '../../../src/domain/resources/child-names.ts';
import { standardLabels } from '../../../src/domain/resources/manifest.ts';
import { ADMIN_PORT } from '../../../src/domain/resources/ports.ts';
import { SloHistory } from '../../../src/domain/slo/slo-history.ts';
import { readKept, writeKept } from '../../../src/operator/load/history-store.ts';
import { sloFromData, sloToData } from '../../../src/operator/slo/written-slo.ts';
import { builtin, type KubeObject } from '../../../src/platform/kube/resource.ts';
import { OperatorWorld, PERSON, ZONE_DATA } from './operator-world.ts';

/** An address of this machine that no other test listens on. */
const POD_IP = '127.0.0.77';
const NAMESPACE = 'demand';
const DEPLOYMENT = 'wedsync-presence';

let world: OperatorWorld;
let server: Server;
let connections = 85;

beforeAll(async () => {
  server = createServer((_, response) =>
    response.end(`presence_connections ${connections}\npresence_draining 0\n${counts()}`),
  );
  await new Promise<void>((resolve) => server.listen(ADMIN_PORT, POD_IP, resolve));
  world = await OperatorWorld.start();
  world.clock.set('2027-06-01T09:00:00Z');
  await world.makeNamespace(NAMESPACE);
  await world.makeCluster(NAMESPACE, {
    presence: { maxConnectionsPerPod: 10 },
    scaling: { mode: 'Full', minReplicas: 1, baselineReplicas: 1, peaks: [] },
  });
  await makePod();
  world.startOperator();
}, 600_000);

afterAll(async () => {
  server?.close();
  await world?.close();
});

/** What a pod has counted whose hidden changes all come back within a millisecond. */
function counts(): string {
  const returned = 3 * Math.floor(performance.now() / 1000);
  return [
    `process_start_time_seconds 1800000000`,
    `presence_clock_seconds ${world.clock.now().getTime() / 1000}`,
    `presence_canary_seconds_bucket{le="2"} ${returned}`,
    `presence_canary_seconds_sum ${returned / 1000}`,
    `presence_canary_seconds_count ${returned}`,
    'presence_canary_lost_total 0',
    'presence_joins_total 85',
    'presence_failed_joins_total{code="unavailable"} 0',
    '',
  ].join('\n');
}

/** A presence pod as a kubelet would show it. */
async function makePod(): Promise<void> {
  const metadata = {
    name: 'wedsync-presence-0',
    namespace: NAMESPACE,
    labels: standardLabels('wedsync', 'presence'),
  };
  const containers = [{ name: 'presence', image: 'presence:1' }];
  const pod: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers } };
  await world.client.apply(pod, PERSON);
  const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: '2027-06-01T08:59:00Z' }];
  const status = { phase: 'Running', podIP: POD_IP, podIPs: [{ ip: POD_IP }], conditions };
  await world.client.patch(
    builtin.Pod,
    NAMESPACE,
    metadata.name,
    { status },
    { ...PERSON, subresource: 'status' },
  );
}

async function replicas(): Promise<number | undefined> {
  const found = await world.client.get<KubeObject & { spec: { replicas?: number } }>(
    builtin.Deployment,
    NAMESPACE,
    DEPLOYMENT,
  );
  return found?.spec.replicas;
}

describe('mode Full', () => {
  it('follows what the pods report, and status has every term', async () => {
    // ceil(85 / (0.7 × 10)) = 13, by two steps of the rate limit.
    await expect.poll(replicas, { timeout: 120_000, interval: 200 }).toBe(13);
    // Another controller writes status, a moment after the number.
    const scaling = async () => (await world.cluster(NAMESPACE)).status?.scaling;
    await expect
      .poll(scaling, { timeout: 60_000, interval: 200 })
      .toMatchObject({ desired: 13, winner: 'Observed', connections: 85, leadSeconds: 285 });
    await expect
      .poll(() => world.condition(NAMESPACE, 'LoadObserved'), { timeout: 60_000, interval: 200 })
      .toContain('True');
  }, 180_000);

  it('shows in status how the objectives are met', async () => {
    await expect
      .poll(() => world.condition(NAMESPACE, 'SLOMet'), { timeout: 120_000, interval: 200 })
      .toBe('True Met');
    const { status } = await world.cluster(NAMESPACE);
    expect(status?.slo).toMatchObject({
      updates: { objective: 99.9, attainment: 100, budgetLeft: 100 },
      joins: { objective: 99.95 },
      leftOut: [],
    });
    expect(status?.slo?.burnRates.map(({ window }) => window)).toEqual(['5m', '30m', '1h', '6h', '3d']);
  }, 180_000);

  it('keeps what it counts in a ConfigMap, which another PresenceCluster of the name does not take over', async () => {
    const cluster = await world.cluster(NAMESPACE);
    // The operator writes its own once a minute.
    const name = `${childName.presenceSlo(cluster.metadata.name)}-of-the-test`;
    const written = new SloHistory(28).written();
    const { signal } = new AbortController();
    const kept = { name, data: sloToData(written), fieldManager: FIELD_MANAGER.operator };
    for (let write = 0; write < 2; write += 1) await writeKept(world.client, cluster, kept, signal);
    expect(sloFromData(await readKept(world.client, cluster, name, signal))).toEqual(written);
    const other = { ...cluster, metadata: { ...cluster.metadata, uid: 'another' } };
    expect(await readKept(world.client, other, name, signal)).toBeUndefined();
    expect(await readKept(world.client, cluster, 'nothing', signal)).toBeUndefined();
  });

  it('says before it happens that maxReplicas will cut what the calendar asks for', async () => {
    await expect
      .poll(() => world.condition(NAMESPACE, 'CalendarWithinLimits'), { timeout: 60_000, interval: 200 })
      .toBe('True WithinLimits');
    const tight = await world.makeNamespace('tight');
    await world.makeCluster(tight, { scaling: { baselineReplicas: 4, maxReplicas: 10 } });
    await expect
      .poll(() => world.condition(tight, 'CalendarWithinLimits'), { timeout: 60_000, interval: 200 })
      .toContain('AboveMaxReplicas');
    const { status } = await world.cluster(tight);
    expect(status?.conditions?.find(({ type }) => type === 'CalendarWithinLimits')?.message).toBe(
      'In June between 18:00 and 20:00 the calendar asks for ceil(4 × 3 × 2) = 24 pods; maxReplicas is 10: 14 are cut. ' +
        'It is so now: ceil(4 × 3) = 12 pods, 2 are cut.',
    );
    expect(status).toMatchObject({ zoneData: ZONE_DATA.version });
    expect(await world.condition(tight, 'ZoneDataCurrent')).toContain('Current');
  }, 180_000);

  it('counts a wedding at once that was booked for now', async () => {
    await world.makeWedding(NAMESPACE, 'ada', {
      date: '2027-06-01',
      ceremony: '10:10',
      team: { catering: 50 },
    });
    // The report knows nothing of the crew: booked 47.5 are within the 85 that are there.
    await world.makeWedding(NAMESPACE, 'eve', {
      date: '2027-06-01',
      ceremony: '10:10',
      team: { catering: 50 },
    });
    await world.makeWedding(NAMESPACE, 'zoe', {
      date: '2027-06-01',
      ceremony: '10:10',
      team: { catering: 50 },
    });
    await world.until('the forecast wins', async () => {
      const { scaling } = (await world.cluster(NAMESPACE)).status ?? {};
      return scaling?.winner === 'Forecast' && scaling.desired > 13 && (await replicas()) === scaling.desired;
    });
  }, 120_000);

  it('recommends shards, and says that a WeddingCalendar without a copy is stale', async () => {
    await world.untilCondition(NAMESPACE, 'RedisCapacitySufficient', 'True SufficientShards');
    expect((await world.cluster(NAMESPACE)).status?.redis?.capacity).toMatchObject({
      recommendedShards: 3,
      bytesPerConnection: 4096,
      measured: false,
    });
    expect(await world.condition(NAMESPACE, 'BookingsFresh')).toContain('Fresh');
    const calendar: KubeObject = {
      apiVersion: 'presence.wedsync.io/v1alpha1',
      kind: 'WeddingCalendar',
      metadata: { name: 'office', namespace: NAMESPACE },
      spec: { source: { secretName: 'nowhere' }, defaultTimeZone: 'Europe/London' },
    };
    await world.client.apply(calendar, PERSON);
    await expect
      .poll(() => world.condition(NAMESPACE, 'BookingsFresh'), { timeout: 60_000, interval: 200 })
      .toContain('CalendarStale');
  }, 180_000);

  it('removes no pod when the reports stop, and writes nothing beside a foreign scaler', async () => {
    const before = (await replicas()) as number;
    connections = Number.NaN;
    // A report counts for 90 s.
    await expect
      .poll(() => world.condition(NAMESPACE, 'LoadObserved'), { timeout: 180_000, interval: 500 })
      .toContain('NoPodReports');
    expect(await replicas()).toBeGreaterThanOrEqual(before);
    const scaler: KubeObject = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'theirs', namespace: NAMESPACE },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: DEPLOYMENT },
        maxReplicas: 9,
      },
    };
    await world.client.apply(scaler, PERSON);
    await expect
      .poll(() => world.condition(NAMESPACE, 'ScalingActive'), { timeout: 60_000, interval: 500 })
      .toContain('ConflictingAutoscaler');
  }, 300_000);
});
