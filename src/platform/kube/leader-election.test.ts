import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../../test/support/manual-clock.ts';
import { silentLogger } from '../telemetry/log.ts';
import type { KubeClient } from './client.ts';
import { KubeError } from './errors.ts';
import { createLeaderElector, type LeaderElector } from './leader-election.ts';
import type { Lease } from './lease.ts';

const LATE_MS = 4_000;

/** The one lease, with optimistic locking; requests can be made to fail or to hang until aborted. */
class FakeApi {
  lease: Lease | undefined;
  mode: 'works' | 'fails' | 'hangs' = 'works';
  /** `late`: the next write is done at once and answered after four seconds. */
  answers: 'at once' | 'late' = 'at once';
  writes = 0;
  reads = 0;
  #version = 0;
  readonly clock: ManualClock;

  constructor(clock: ManualClock) {
    this.clock = clock;
  }

  async get(
    _type: unknown,
    _namespace: string,
    _name: string,
    options: CallLimits,
  ): Promise<Lease | undefined> {
    this.reads += 1;
    await this.#reach(options);
    return this.lease === undefined ? undefined : structuredClone(this.lease);
  }

  async create(lease: Lease, options: CallLimits): Promise<Lease> {
    await this.#reach(options);
    if (this.lease !== undefined)
      throw new KubeError({ code: 409, reason: 'AlreadyExists', message: 'exists' });
    return this.#answer(this.store(lease), options);
  }

  async patch(
    _type: unknown,
    _ns: string,
    _name: string,
    patch: Partial<Lease>,
    options: CallLimits,
  ): Promise<Lease> {
    await this.#reach(options);
    if (this.lease === undefined) throw new KubeError({ code: 404, reason: 'NotFound', message: 'none' });
    if (patch.metadata?.resourceVersion !== this.lease.metadata.resourceVersion) {
      throw new KubeError({ code: 409, reason: 'Conflict', message: 'changed' });
    }
    return this.#answer(this.store({ ...this.lease, spec: { ...this.lease.spec, ...patch.spec } }), options);
  }

  store(lease: Lease): Lease {
    this.writes += 1;
    this.#version += 1;
    this.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(this.#version) } };
    return structuredClone(this.lease);
  }

  async #answer(lease: Lease, { signal }: CallLimits): Promise<Lease> {
    if (this.answers === 'late') {
      this.answers = 'at once';
      await this.clock.sleep(LATE_MS, signal);
    }
    return lease;
  }

  async #reach({ timeoutMs, signal }: CallLimits): Promise<void> {
    if (this.mode === 'works') return;
    if (this.mode === 'hangs') await this.clock.sleep(timeoutMs ?? 0, signal);
    throw new KubeError({ code: 0, reason: 'Unreachable', message: 'no answer' });
  }
}

interface CallLimits {
  timeoutMs?: number;
  signal?: AbortSignal;
}

let clock: ManualClock;
let api: FakeApi;

interface Candidate {
  elector: LeaderElector;
  lostBecause: string[];
  elected: () => boolean;
}

function candidate(identity: string, random = 0): Candidate {
  const lostBecause: string[] = [];
  let elected = false;
  const elector = createLeaderElector({
    client: api as unknown as KubeClient,
    namespace: 'ns',
    name: 'lease',
    identity,
    clock,
    log: silentLogger(),
    onLost: (reason) => lostBecause.push(reason),
    random: () => random,
  });
  void elector.elected().then(() => {
    elected = true;
  });
  elector.start();
  return { elector, lostBecause, elected: () => elected };
}

beforeEach(() => {
  clock = new ManualClock('2027-06-05T18:00:00.123Z');
  api = new FakeApi(clock);
});

describe('acquire', () => {
  it('makes the lease with six-digit times', async () => {
    const { elector, elected } = candidate('one');
    await settle();
    expect(elected()).toBe(true);
    expect(elector.isLeader()).toBe(true);
    expect(api.lease?.spec).toEqual({
      holderIdentity: 'one',
      leaseDurationSeconds: 15,
      acquireTime: '2027-06-05T18:00:00.123000Z',
      renewTime: '2027-06-05T18:00:00.123000Z',
      leaseTransitions: 0,
    });
  });

  it('lets only one of two lead while the other keeps watch', async () => {
    const one = candidate('one');
    const two = candidate('two');
    await clock.advance(120_000);
    expect([one.elector.isLeader(), two.elector.isLeader()]).toEqual([true, false]);
    expect(api.lease?.spec?.leaseTransitions).toBe(0);
    expect(api.lease?.spec?.acquireTime).toBe('2027-06-05T18:00:00.123000Z');
    expect(api.lease?.spec?.renewTime).toBe('2027-06-05T18:02:00.123000Z');
  });

  it('waits a whole lease from its own first sight, however old or far ahead the holder’s clock is', async () => {
    for (const renewTime of ['1999-01-01T00:00:00.000000Z', '2099-01-01T00:00:00.000000Z']) {
      api.store({
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: 'lease', namespace: 'ns' },
        spec: { holderIdentity: 'dead', leaseDurationSeconds: 15, renewTime, leaseTransitions: 4 },
      });
      const two = candidate('two');
      await clock.advance(14_999);
      expect(two.elector.isLeader()).toBe(false);
      await clock.advance(2_001);
      expect(two.elector.isLeader()).toBe(true);
      expect(api.lease?.spec?.leaseTransitions).toBe(5);
      await two.elector.stop();
    }
  });

  it('does not lead by an answer that comes after the deadline, and asks again', async () => {
    api.answers = 'late';
    const one = candidate('one');
    await settle();
    clock.stall(11_000);
    await clock.advance(0);
    expect([one.elector.isLeader(), one.elected()]).toEqual([false, false]);
    await clock.advance(2_000);
    expect([one.elector.isLeader(), one.elected(), one.lostBecause]).toEqual([true, true, []]);
  });

  it('is not disturbed by a jump of the wall clock', async () => {
    const one = candidate('one');
    const two = candidate('two');
    await settle();
    clock.shiftWall(3_600_000);
    await clock.advance(30_000);
    clock.shiftWall(-7_200_000);
    await clock.advance(30_000);
    expect([one.elector.isLeader(), two.elector.isLeader()]).toEqual([true, false]);
  });
});

describe('loss', () => {
  it('comes 10 s after the last renewal that worked, before another may act', async () => {
    const one = candidate('one');
    await clock.advance(4_000);
    api.mode = 'fails';
    await clock.advance(9_999);
    expect(one.elector.isLeader()).toBe(true);
    await clock.advance(1);
    expect(one.elector.isLeader()).toBe(false);
    expect(one.lostBecause).toHaveLength(1);
    expect(one.elector.lost.aborted).toBe(true);
    const writes = api.writes;
    api.mode = 'works';
    await clock.advance(60_000);
    expect(api.writes).toBe(writes);
    expect(clock.pending).toBe(0);
  });

  it('comes in time even when every request hangs', async () => {
    const one = candidate('one');
    await clock.advance(1_000);
    api.mode = 'hangs';
    await clock.advance(8_999);
    expect(one.elector.isLeader()).toBe(true);
    await clock.advance(1);
    expect(one.elector.isLeader()).toBe(false);
    expect(one.lostBecause).toHaveLength(1);
  });

  it('is known at once after a stall of the event loop, before any timer has run', async () => {
    const one = candidate('one');
    await settle();
    one.elector.fence();
    clock.stall(10_000);
    expect(one.elector.isLeader()).toBe(false);
    expect(() => one.elector.fence()).toThrow('does not hold');
    await clock.advance(0);
    expect(one.lostBecause).toHaveLength(1);
    expect(api.writes).toBe(1);
  });

  it('comes when another name is in the lease', async () => {
    const one = candidate('one');
    await clock.advance(1_000);
    api.store({ ...(api.lease as Lease), spec: { ...api.lease?.spec, holderIdentity: 'usurper' } });
    await clock.advance(4_000);
    expect(one.lostBecause).toEqual(['usurper holds the lease']);
    expect(api.lease?.spec?.holderIdentity).toBe('usurper');
  });

  it('does not follow from one conflict over a lease that is still ours', async () => {
    const one = candidate('one');
    await clock.advance(1_000);
    api.store({
      ...(api.lease as Lease),
      metadata: { ...(api.lease as Lease).metadata, labels: { touched: 'yes' } },
    });
    await clock.advance(30_000);
    expect(one.elector.isLeader()).toBe(true);
    expect(one.lostBecause).toEqual([]);
  });
});

describe('stop', () => {
  it('gives the lease back, and the next leader takes it at its next look', async () => {
    const one = candidate('one');
    const two = candidate('two');
    await clock.advance(5_000);
    await one.elector.stop();
    expect(one.elector.isLeader()).toBe(false);
    expect(one.lostBecause).toEqual([]);
    expect(api.lease?.spec?.holderIdentity).toBeNull();
    await clock.advance(2_000);
    expect(two.elector.isLeader()).toBe(true);
    expect(api.lease?.spec).toMatchObject({
      holderIdentity: 'two',
      leaseDurationSeconds: 15,
      leaseTransitions: 1,
    });
  });

  it('gives back a lease that it had asked for and whose answer it did not wait for', async () => {
    api.answers = 'late';
    const one = candidate('one');
    await settle();
    expect([one.elector.isLeader(), api.lease?.spec?.holderIdentity]).toEqual([false, 'one']);
    await one.elector.stop();
    expect(api.lease?.spec?.holderIdentity).toBeNull();
  });

  it('asks nothing more when it never asked for the lease', async () => {
    candidate('one');
    const two = candidate('two');
    await clock.advance(5_000);
    const before = api.reads;
    await two.elector.stop();
    expect(api.reads).toBe(before);
  });

  it('leaves a lease that is another’s alone', async () => {
    candidate('one');
    const two = candidate('two');
    await clock.advance(5_000);
    await two.elector.stop();
    expect(api.lease?.spec?.holderIdentity).toBe('one');
  });
});

it('refuses times that do not fit into each other', () => {
  const options = {
    client: api as unknown as KubeClient,
    namespace: 'ns',
    name: 'lease',
    identity: 'one',
    clock,
    log: silentLogger(),
    onLost: () => undefined,
  };
  expect(() => createLeaderElector({ ...options, renewDeadlineMs: 15_000 })).toThrow(RangeError);
  expect(() => createLeaderElector({ ...options, retryMs: 10_000 })).toThrow(RangeError);
});
