import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { MemoryKubeClient } from '../../../test/support/memory-kube-client.ts';
import { LeaseClock } from './lease-clock.ts';

const LEASE = { namespace: 'kube-system', name: 'kube-controller-manager' };
const KEY = 'Lease/kube-controller-manager';
const LOOKS_AGAIN_MS = 10_000;

let clock: ManualClock;
let client: MemoryKubeClient;
let leases: LeaseClock;

const renew = () =>
  client.put({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: LEASE,
    spec: { renewTime: clock.now().toISOString() },
  });

beforeEach(() => {
  clock = new ManualClock();
  client = new MemoryKubeClient();
  leases = new LeaseClock({ client, lease: LEASE, clock });
});

describe('LeaseClock', () => {
  it('asks for nothing where no Lease is configured', async () => {
    client.refuse('get', KEY, 500);
    expect(await new LeaseClock({ client, lease: undefined, clock }).look()).toEqual({ kind: 'Off' });
  });

  it('looks again after ten seconds, not before', async () => {
    expect(await leases.look()).toMatchObject({ kind: 'Unusable', reason: 'LeaseNotFound' });
    renew();
    await clock.advance(LOOKS_AGAIN_MS - 1);
    expect(await leases.look()).toMatchObject({ reason: 'LeaseNotFound' });
    await clock.advance(1);
    expect(await leases.look()).toEqual({ kind: 'Renewed', lease: 'kube-system/kube-controller-manager' });
  });

  it('finds a Lease that stands still', async () => {
    renew();
    expect(await leases.look()).toMatchObject({ kind: 'Renewed' });
    await clock.advance(60_000);
    expect(await leases.look()).toMatchObject({ reason: 'LeaseStale' });
  });

  it('needs the right to read it, and keeps what it knew while the API server is in trouble', async () => {
    client.refuse('get', KEY, 503);
    expect(await leases.look()).toEqual({ kind: 'Unknown' });
    client.refuse('get', KEY, 403);
    await clock.advance(LOOKS_AGAIN_MS);
    expect(await leases.look()).toMatchObject({ reason: 'LeaseNotRead' });
    client.refuse('get', KEY, 503);
    await clock.advance(LOOKS_AGAIN_MS);
    expect(await leases.look()).toMatchObject({ reason: 'LeaseNotRead' });
  });
});
