import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { MemoryKubeClient } from '../../../test/support/memory-kube-client.ts';
import type { LeaseState } from '../../domain/freeze/clock/lease-state.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { clockCheckName, LeaseClock } from './lease-clock.ts';

const LEASE = { namespace: 'kube-system', name: 'kube-controller-manager' };
const KEY = 'Lease/kube-controller-manager';
const CHECK = { namespace: 'presence-system', name: clockCheckName('presence-operator') };
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

/** As policy clock-check answers. */
function policiesSee(text: string): void {
  client.create = async ({ kind, metadata: { namespace, name } }: KubeObject) => {
    if (`${kind} ${namespace}/${name}` !== `Lease ${CHECK.namespace}/${CHECK.name}`)
      throw new Error('another question');
    const message = `create leases: 422: leases "${name}" is invalid: : ValidatingAdmissionPolicy 'a' with binding 'a' denied request: ${text}`;
    throw new KubeError({ code: 422, reason: 'Invalid', message });
  };
}

/** What it says after a time in which it looked and asked all the time. */
async function stateAfter(ms: number): Promise<LeaseState> {
  for (let passed = 0; passed < ms; passed += LOOKS_AGAIN_MS) {
    renew();
    await leases.look();
    await clock.advance(LOOKS_AGAIN_MS);
  }
  renew();
  return leases.look();
}

beforeEach(() => {
  clock = new ManualClock();
  client = new MemoryKubeClient();
  policiesSee(`the policies see a Lease of ${clock.now().toISOString()}`);
  leases = new LeaseClock({ client, lease: LEASE, check: CHECK, clock });
});

describe('LeaseClock', () => {
  it('asks for nothing where no Lease is configured', async () => {
    client.refuse('get', KEY, 500);
    expect(await new LeaseClock({ client, lease: undefined, check: CHECK, clock }).look()).toEqual({
      kind: 'Off',
    });
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

  it('finds policies that see an old time, and forgets it five minutes after the last one', async () => {
    const standing = clock.now().toISOString();
    expect(await stateAfter(40_000)).toMatchObject({ kind: 'Renewed' });
    expect(await stateAfter(30_000)).toEqual({
      kind: 'NotSeen',
      lease: 'kube-system/kube-controller-manager',
      reason: 'ClockStands',
      renewTime: standing,
    });
    policiesSee(`the policies see a Lease of ${new Date(clock.now().getTime() + 600_000).toISOString()}`);
    expect(await stateAfter(280_000)).toMatchObject({ reason: 'ClockStands' });
    expect(await stateAfter(40_000)).toMatchObject({ kind: 'Renewed' });
  });

  it('finds that no policy answers', async () => {
    client.create = async (object) => object;
    expect(await stateAfter(50_000)).toMatchObject({ kind: 'Renewed' });
    expect(await stateAfter(30_000)).toMatchObject({ kind: 'NotSeen', reason: 'ClockUnanswered' });
  });

  it('takes a question that did not get through for no answer', async () => {
    client.create = async () => {
      throw new KubeError({ code: 403, reason: 'Forbidden', message: 'leases is forbidden' });
    };
    expect(await stateAfter(600_000)).toMatchObject({ kind: 'Renewed' });
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
