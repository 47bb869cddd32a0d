import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { MemoryKubeClient } from '../../../test/support/memory-kube-client.ts';
import { NOON, observed, presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import type { LeaseState } from '../../domain/freeze/clock/lease-state.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import { NamespaceFreezes } from '../freeze-clock/namespace-freezes.ts';
import { ClusterMemory } from '../memory/cluster-memory.ts';
import type { ReconcilePlan } from './plan/reconcile-plan.ts';
import type { StageResults, StageTools } from './plan/stage.ts';
import { LEASE_STILL_RULES, OLD_ONES_STAY, publishWindows } from './publish-windows.ts';

const NAMESPACE = 'Namespace/weddings';
const WINDOWS = 'presence.wedsync.io/freeze-windows.wedsync';
const LEASE = 'kube-system/kube-controller-manager';

let client: MemoryKubeClient;
let results: StageResults;
let publish: (freezeClock?: LeaseState) => Promise<void>;

// This client keeps what a merge patch removes as null.
const windows = () => client.of(NAMESPACE)?.metadata.annotations?.[WINDOWS] ?? undefined;

beforeEach(() => {
  client = new MemoryKubeClient();
  client.put({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'weddings', annotations: { [WINDOWS]: 'from before' } },
  });
  results = { refused: [] };
  const freezes = new NamespaceFreezes({ client, exists: () => true });
  const tools = { client, freezes, memory: new ClusterMemory(), clock: new ManualClock(NOON), results };
  const signal = new AbortController().signal;
  publish = (freezeClock = { kind: 'Renewed', lease: LEASE }) =>
    publishWindows(
      {
        observed: { ...observed(), cluster: presenceCluster(), freezeClock },
        desired: { freeze: { spec: { windows: [], overrides: [], floor: 2 } } },
      } as unknown as ReconcilePlan,
      { ...tools, signal } as unknown as StageTools,
    );
});

describe('publishWindows', () => {
  it('writes the windows, lets the phase rule as well where an API server may not see the Lease, and removes them without one', async () => {
    await publish();
    expect(windows()).toBe('seen=1970-01-01T00:00:00Z floor=2');
    await publish({ kind: 'NotSeen', lease: LEASE, reason: 'ClockUnanswered' });
    expect(windows()).toBe('seen=1970-01-01T00:00:00Z floor=2\nthe phase rules, too');
    await publish({ kind: 'Unusable', lease: LEASE, reason: 'LeaseStale' });
    expect(windows()).toBeUndefined();
    expect(results.windowsNotWritten).toBeUndefined();
  });

  it.each([403, 422])('removes the old ones when %d refuses the new ones', async (code) => {
    client.before('patch', NAMESPACE, () => {
      throw new KubeError({ code, reason: 'Refused', message: 'refused by the test' });
    });
    await publish();
    expect(windows()).toBeUndefined();
    expect(results.windowsNotWritten).toBe('refused by the test');
  });

  it('says that the old ones stay where they cannot be removed either', async () => {
    client.refuse('patch', NAMESPACE);
    await publish();
    expect(windows()).toBe('from before');
    expect(results.windowsNotWritten).toContain(OLD_ONES_STAY);
  });

  it('says that the Lease goes on to rule where they cannot be removed without it', async () => {
    client.refuse('patch', NAMESPACE);
    await publish({ kind: 'Unusable', lease: LEASE, reason: 'LeaseNotFound' });
    expect(results.windowsNotWritten).toContain(LEASE_STILL_RULES);
  });

  it('changes nothing while the API server is in trouble', async () => {
    client.refuse('patch', NAMESPACE, 503);
    await expect(publish()).rejects.toThrow('503');
    expect(windows()).toBe('from before');
  });
});
