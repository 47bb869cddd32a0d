import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PresenceCluster } from '../../../src/api/v1alpha1/kinds.ts';
import { judgeSlo, type SloState } from '../../../src/domain/slo/judge-slo.ts';
import { SloHistory } from '../../../src/domain/slo/slo-history.ts';
import type { Pod } from '../../../src/operator/cluster-state/pod.ts';
import { fetchText } from '../../../src/operator/load/fetch-text.ts';
import { LoadRegistry } from '../../../src/operator/load/load-registry.ts';
import { watchLoad } from '../../../src/operator/load/watch-load.ts';
import { servedSlo } from '../../../src/operator/slo/served-slo.ts';
import { SloRegistry } from '../../../src/operator/slo/slo-registry.ts';
import { sloFromData } from '../../../src/operator/slo/written-slo.ts';
import { createStore } from '../../../src/platform/kube/store.ts';
import { type Clock, systemClock } from '../../../src/platform/runtime/clock.ts';
import type { LeaderTask } from '../../../src/platform/runtime/manager.ts';
import { silentLogger } from '../../../src/platform/telemetry/log.ts';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { MemoryKubeClient } from '../../support/memory-kube-client.ts';
import { pod, presenceCluster } from '../../support/presence-cluster-builder.ts';
import { eventually, signToken, startPod, untilReady } from '../presence/presence-pods.ts';
import { RawClient } from '../presence/raw-client.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';

const START_MS = 180_000;
const TEST_MS = 180_000;
/** For a loaded machine. */
const SEEN_WITHIN_MS = 120_000;
const KEY = 'weddings/wedsync';
/** How many times faster than the real one the operator's clock runs for what it waits for. */
const HURRY = 5;

/** Waits are shorter, and the time of day is the real one: that is what the clocks of the pods are compared with. */
const hurried: Clock = {
  now: () => systemClock.now(),
  monotonicMs: () => HURRY * systemClock.monotonicMs(),
  setTimeout: (callback, delayMs) => systemClock.setTimeout(callback, delayMs / HURRY),
  setAlarm: (at, callback) => systemClock.setAlarm(at, callback),
  sleep: (delayMs, signal) => systemClock.sleep(delayMs / HURRY, signal),
};

let redis: RedisClusterProcesses;
let pods: PresenceServer[] = [];
let leader: LeaderTask | undefined;
const kube = new MemoryKubeClient();
const clusters = createStore<PresenceCluster>();
const podStore = createStore<Pod>();
/** By address: where the metrics of a pod are. */
const answers = new Map<string, (signal: AbortSignal) => Promise<string>>();

function addPod(name: string, podIP: string, answer: (signal: AbortSignal) => Promise<string>): void {
  const conditions = [{ type: 'Ready', status: 'True' }];
  podStore.put(pod(name, 'presence', { status: { podIP, phase: 'Running', conditions } }));
  answers.set(podIP, answer);
}

/** Another leader, which knows only what the one before it has written. */
async function lead(): Promise<SloRegistry> {
  await leader?.stop();
  const slos = new SloRegistry();
  leader = watchLoad({
    stores: { clusters, pods: podStore },
    client: kube,
    loads: new LoadRegistry(),
    slos,
    fetchText: async (url, signal) => {
      const answer = answers.get(new URL(url).hostname);
      if (answer === undefined) throw new Error('no such pod');
      return answer(signal);
    },
    enqueue: () => {},
    clock: hurried,
    log: silentLogger(),
  });
  leader.start();
  return slos;
}

/** What the next leader would make of what is written down. */
function writtenState(): SloState | undefined {
  const { data } = (kube.of('ConfigMap/wedsync-presence-slo') ?? {}) as { data?: Record<string, string> };
  const written = sloFromData(data);
  const spec = servedSlo(presenceCluster());
  return written && judgeSlo(SloHistory.of(written, spec.windowDays), spec, Date.now());
}

const metricsOf = (server: PresenceServer) => (signal: AbortSignal) =>
  fetchText(`http://127.0.0.1:${server.adminPort}/metrics`, signal);

beforeAll(async () => {
  const { valkeyServer } = await ensureTools();
  redis = await startRedisCluster({ server: valkeyServer, primaries: 3 });
  pods = await Promise.all([startPod(redis.nodes), startPod(redis.nodes)]);
  await Promise.all(pods.map(untilReady));
  clusters.put(presenceCluster());
  const [one, other] = pods as [PresenceServer, PresenceServer];
  addPod('one', '10.0.0.1', metricsOf(one));
  addPod('other', '10.0.0.2', metricsOf(other));
  // Its clock is off by an hour.
  addPod('liar', '10.0.0.3', async (signal) =>
    (await metricsOf(one)(signal)).replace(
      /^presence_clock_seconds .*$/m,
      `presence_clock_seconds ${Date.now() / 1000 - 3600}`,
    ),
  );
  addPod('hangs', '10.0.0.4', (signal) => {
    const { promise, reject } = Promise.withResolvers<string>();
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    return promise;
  });
}, START_MS);

afterAll(async () => {
  await leader?.stop();
  for (const primary of redis?.primaries ?? []) primary.resume();
  await Promise.all(pods.map((server) => server.drain()));
  await redis?.close();
}, START_MS);

describe('the objectives, measured by real presence pods on a real Redis Cluster', () => {
  it(
    'are met, burn while Redis hangs, and keep their budget when the leader changes',
    async () => {
      const slos = await lead();
      const view = (of: SloRegistry) => of.view(KEY);
      const well = await eventually(
        () => view(slos),
        // A machine that stands still in the first seconds loses changes, and these burn for a while.
        (shown) => shown?.state?.verdict.kind === 'Met' && shown.leftOut.length > 0,
        SEEN_WITHIN_MS,
      );
      expect(well?.state?.verdict).toEqual({ kind: 'Met' });
      const before = well?.state?.updates.attainment ?? 0;
      expect(well?.leftOut).toEqual([{ pod: 'liar', because: 'its clock is 60 min behind' }]);

      const [server] = pods as [PresenceServer];
      for (const primary of redis.primaries) primary.pause();
      const token = await signToken({ weddings: ['new'] });
      const client = await RawClient.open(server.port, token);
      client.send({ type: 'join', wedding: 'new' });
      await client.next('error', ({ code }) => code === 'unavailable');
      const burning = await eventually(
        () => view(slos),
        (shown) => shown?.state?.verdict.kind === 'FastBurn',
        SEEN_WITHIN_MS,
      );
      expect(burning?.state?.verdict).toMatchObject({ of: 'updates', alert: { short: '5m' } });
      for (const primary of redis.primaries) primary.resume();
      client.socket.terminate();
      await eventually(
        () => view(slos),
        (shown) => (shown?.state?.joins.attainment ?? 100) < 100,
        SEEN_WITHIN_MS,
      );
      // Within a minute of the clock that hurries. A single failure before that is written down as well.
      await eventually(
        writtenState,
        (state) => state?.verdict.kind === 'FastBurn' && (state.joins.attainment ?? 100) < 100,
        SEEN_WITHIN_MS,
      );

      const next = await lead();
      const after = await eventually(
        () => view(next),
        (shown) => shown?.state !== undefined,
        SEEN_WITHIN_MS,
      );
      expect(after?.state?.updates.attainment).toBeLessThan(before);
      expect(after?.state?.updates.budgetLeft).toBeLessThan(0);
      expect(after?.state?.verdict.kind).toBe('FastBurn');
      expect(after?.state?.since).toBe(burning?.state?.since);
    },
    TEST_MS,
  );
});
