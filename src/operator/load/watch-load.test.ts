import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { MemoryKubeClient } from '../../../test/support/memory-kube-client.ts';
import { NOON, presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { createStore, type Store } from '../../platform/kube/store.ts';
import type { LeaderTask } from '../../platform/runtime/manager.ts';
import { silentLogger } from '../../platform/telemetry/log.ts';
import type { Pod } from '../cluster-state/pod.ts';
import { SloRegistry } from '../slo/slo-registry.ts';
import { LoadRegistry } from './load-registry.ts';
import { watchLoad } from './watch-load.ts';

const KEY = 'weddings/wedsync';
const HISTORY = 'ConfigMap/wedsync-presence-history';

describe('what is learned and counted of PresenceClusters', () => {
  let clock: ManualClock;
  let client: MemoryKubeClient;
  let clusters: Store<PresenceCluster>;
  let loads: LoadRegistry;
  let slos: SloRegistry;
  let reads: string[];
  let task: LeaderTask;

  beforeEach(() => {
    clock = new ManualClock(NOON);
    client = new MemoryKubeClient();
    clusters = createStore();
    loads = new LoadRegistry();
    slos = new SloRegistry();
    reads = [];
    const get = client.get.bind(client);
    client.get = async (type, namespace, name) => {
      reads.push(`${type.kind}/${name}`);
      return get.call(client, type, namespace, name) as never;
    };
    task = watchLoad({
      stores: { clusters, pods: createStore<Pod>() },
      client,
      loads,
      slos,
      fetchText: () => Promise.reject(new Error('no pod is there')),
      enqueue: () => {},
      clock,
      log: silentLogger(),
    });
  });

  afterEach(() => task.stop());

  const historyReads = () => reads.filter((key) => key === HISTORY).length;

  it('is not read again each second when the API server refuses it', async () => {
    client.refuse('get', HISTORY);
    clusters.put(presenceCluster({ scaling: { mode: 'Full' } }));
    task.start();
    await clock.advance(61_000);
    expect(historyReads()).toBe(3);
  });

  /** Reads of the history of `wedsync` wait until the function that this gives is called. */
  function holdHistory(): () => void {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const get = client.get.bind(client);
    client.get = (type, namespace, name) =>
      name === 'wedsync-presence-history' ? promise : get(type, namespace, name);
    return () => {
      resolve(undefined);
      client.get = get;
    };
  }

  it('is that of one PresenceCluster, and not of a later one of the same name', async () => {
    clusters.put(presenceCluster({ scaling: { mode: 'Full' } }));
    task.start();
    await clock.advance(10_000);
    const before = [loads.get(KEY), slos.of(KEY)];
    clusters.put(presenceCluster({ scaling: { mode: 'Full' } }, { metadata: { uid: 'another' } }));
    await clock.advance(10_000);
    expect(loads.get(KEY)).not.toBe(before[0]);
    expect(slos.of(KEY)).not.toBe(before[1]);
    expect(historyReads()).toBe(2);
  });

  it('is read again when the mode uses the load again, also when it was being read as that ended', async () => {
    clusters.put(presenceCluster({ scaling: { mode: 'Full' } }));
    const answer = holdHistory();
    task.start();
    await clock.advance(1_000);
    clusters.put(presenceCluster({ scaling: { mode: 'Off' } }));
    await clock.advance(10_000);
    answer();
    await clock.advance(10_000);
    expect([...loads.keys()]).toEqual([]);
    clusters.put(presenceCluster({ scaling: { mode: 'Full' } }));
    await clock.advance(10_000);
    expect(historyReads()).toBe(1);
  });

  it('is read for the objectives while the load of another is learned, which may take long', async () => {
    clusters.put(presenceCluster({ scaling: { mode: 'Full' } }));
    clusters.put(presenceCluster({}, { metadata: { name: 'other', uid: 'uid-other' } }));
    const answer = holdHistory();
    task.start();
    await clock.advance(1_000);
    expect(slos.of('weddings/other').isRestored).toBe(true);
    answer();
  });

  it('is forgotten with its PresenceCluster', async () => {
    clusters.put(presenceCluster({ scaling: { mode: 'Full' } }));
    task.start();
    await clock.advance(10_000);
    clusters.remove(KEY);
    await clock.advance(10_000);
    expect([...loads.keys(), ...slos.keys()]).toEqual([]);
  });
});
