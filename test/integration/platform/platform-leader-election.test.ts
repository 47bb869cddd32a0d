import { afterAll, describe, expect, it, vi } from 'vitest';
import { createEventRecorder, type KubeEvent } from '../../../src/platform/kube/events.ts';
import {
  createLeaderElector,
  type LeaderElector,
  NotLeaderError,
} from '../../../src/platform/kube/leader-election.ts';
import type { Lease } from '../../../src/platform/kube/lease.ts';
import { builtin, type KubeObject } from '../../../src/platform/kube/resource.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { createLogger, silentLogger } from '../../../src/platform/telemetry/log.ts';
import { OwnStalls } from '../../support/own-stalls.ts';
import { startApiAndClient } from '../api-client.ts';

const { api, client, stop } = await startApiAndClient();
afterAll(stop);

/** Three fifths of 15/10/2 s: shorter, and a loaded machine would break them. */
const TIMES = { leaseMs: 9_000, renewDeadlineMs: 6_000, retryMs: 1_200 };
/** Those of the operator: nobody gives up while a server stands still for some seconds. */
const REAL_TIMES = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

function candidate(lease: string, identity: string, lost: string[] = [], times = TIMES): LeaderElector {
  const elector = createLeaderElector({
    client,
    namespace: 'default',
    name: lease,
    identity,
    clock: systemClock,
    log: silentLogger(),
    onLost: (reason) => lost.push(reason),
    ...times,
  });
  elector.start();
  return elector;
}

function read(lease: string): Promise<Lease | undefined> {
  return client.get<Lease>(builtin.Lease, 'default', lease);
}

const configMap = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
});

describe('leader election', () => {
  it('passes the lease on at once when the leader stops, and fences the old leader’s writes', async () => {
    const one = candidate('handover', 'one');
    await one.elected();
    const two = candidate('handover', 'two');
    const fenced = client.scoped({ fence: () => one.fence() });
    await fenced.apply(configMap('by-leader'), { fieldManager: 'test' });
    const stalls = new OwnStalls();
    await one.stop();
    const stoppedMs = performance.now();
    await two.elected();
    expect(performance.now() - stoppedMs - stalls.ms).toBeLessThan(TIMES.leaseMs);
    stalls.stop();
    expect((await read('handover'))?.spec).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1 });
    await expect(fenced.apply(configMap('by-old'), { fieldManager: 'test' })).rejects.toBeInstanceOf(
      NotLeaderError,
    );
    expect(await client.get(builtin.ConfigMap, 'default', 'by-old')).toBeUndefined();
    await two.stop();
    expect((await read('handover'))?.spec?.holderIdentity).toBeUndefined();
  });

  it('takes over from a leader that is dead, after a whole lease and not before', async () => {
    const spec = {
      holderIdentity: 'dead',
      leaseDurationSeconds: TIMES.leaseMs / 1_000,
      acquireTime: '2020-01-01T00:00:00.000000Z',
      renewTime: '2020-01-01T00:00:00.000000Z',
      leaseTransitions: 1,
    };
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: configMap('takeover').metadata,
      spec,
    };
    await client.create(lease, { fieldManager: 'test' });
    const startedMs = performance.now();
    const two = candidate('takeover', 'two');
    await two.elected();
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(TIMES.leaseMs);
    expect((await read('takeover'))?.spec).toMatchObject({ holderIdentity: 'two', leaseTransitions: 2 });
    await two.stop();
  }, 60_000);

  it('gives up within its deadline when the API server does not answer, and ends what is in flight', async () => {
    const lost: string[] = [];
    const one = candidate('frozen', 'one', lost);
    await one.elected();
    const fenced = client.scoped({ fence: () => one.fence(), signal: one.lost });
    const stalls = new OwnStalls();
    api.pauseServer();
    const pausedMs = performance.now();
    const inFlight = fenced.apply(configMap('in-flight'), { fieldManager: 'test' }).catch((error) => error);
    try {
      await vi.waitFor(() => expect(lost).toHaveLength(1), { timeout: 30_000, interval: 10 });
      // The lease may have been renewed up to one retry period before the pause.
      expect(await inFlight).toBeInstanceOf(NotLeaderError);
      expect(performance.now() - pausedMs - stalls.ms).toBeLessThan(TIMES.leaseMs);
      expect(one.isLeader()).toBe(false);
    } finally {
      stalls.stop();
      api.resumeServer();
    }
    await one.stop();
  }, 60_000);

  it('lets exactly one of five lead', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const begunMs = performance.now();
    const all = names.map((name) => candidate('crowd', name, [], REAL_TIMES));
    await Promise.race(all.map((each) => each.elected()));
    const leaders = () => all.filter((each) => each.isLeader()).length;
    for (let look = 0; look < 20; look++) {
      const count = leaders();
      expect(count).toBeLessThanOrEqual(1);
      // None, only where the first term is over because a server or this process stood still: then another one is elected.
      if (performance.now() - begunMs < REAL_TIMES.renewDeadlineMs) expect(count).toBe(1);
      await vi.waitFor(() => expect(leaders()).toBe(1), { timeout: 30_000, interval: 10 });
      await systemClock.sleep(50);
    }
    await Promise.all(all.map((each) => each.stop()));
  }, 60_000);
});

describe('events', () => {
  it('are accepted, about namespaced and cluster-scoped objects, and readable as core events', async () => {
    const problems: string[] = [];
    const recorder = createEventRecorder({
      client,
      component: 'example.com/operator',
      instance: 'operator-0',
      clock: systemClock,
      log: createLogger({
        name: 'test',
        level: 'warn',
        destination: { write: (line) => void problems.push(line) },
      }),
    });
    const subject = await client.apply(configMap('subject'), { fieldManager: 'test' });
    const namespace = await client.get(builtin.Namespace, undefined, 'default');
    recorder.record(subject, { type: 'Normal', reason: 'Scaled', action: 'ScaleOut', note: 'from 2 to 3' });
    recorder.record(namespace as KubeObject, {
      type: 'Warning',
      reason: 'Frozen',
      action: 'Hold',
      note: 'until 04:00',
    });
    await recorder.flush();
    // A Warning is a line of the log as well, and nothing else is one.
    expect(problems.map((line) => JSON.parse(line) as object)).toMatchObject([
      { kind: 'Namespace', name: 'default', reason: 'Frozen', action: 'Hold', msg: 'until 04:00' },
    ]);
    const { items } = await client.list<KubeEvent>(builtin.Event, { namespace: 'default' });
    const ours = items.filter((event) => event.reportingController === 'example.com/operator');
    expect(new Set(ours.map((event) => event.note))).toEqual(new Set(['from 2 to 3', 'until 04:00']));
    const selected = await client.list<KubeObject & { message: string }>(
      { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true },
      { namespace: 'default', fieldSelector: `involvedObject.uid=${subject.metadata.uid}` },
    );
    expect(selected.items.map((event) => event.message)).toEqual(['from 2 to 3']);
  });
});
