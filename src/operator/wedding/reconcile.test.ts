import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { MemoryKubeClient } from '../../../test/support/memory-kube-client.ts';
import { wedding } from '../../../test/support/presence-cluster-builder.ts';
import type { Wedding } from '../../api/v1alpha1/kinds.ts';
import { weddingStatus as statusSchema } from '../../api/v1alpha1/wedding.ts';
import { createStore } from '../../platform/kube/store.ts';
import { silentLogger } from '../../platform/telemetry/log.ts';
import { WeddingReconciler, weddingStatus } from './reconcile.ts';

const CEREMONY = '2027-06-05T13:30:00Z';
const ENDS = '2027-06-06T00:00:00Z';
const KEY = 'weddings/ada-and-grace';

describe('weddingStatus', () => {
  it.each([
    ['2027-06-05T13:29:59Z', 'Upcoming'],
    [CEREMONY, 'Active'],
    ['2027-06-05T23:59:59Z', 'Active'],
    [ENDS, 'Over'],
  ])('says at %s: %s', (now, phase) => {
    const status = weddingStatus(wedding(), new Date(now));
    expect(status).toMatchObject({ startsAt: CEREMONY, endsAt: ENDS, phase, observedGeneration: 1 });
    expect(statusSchema.parse(status)).toEqual(status);
  });

  it.each([
    ['Cancelled' as const, 'Cancelled'],
    ['Done' as const, 'Over'],
  ])('goes by the state as well: %s', (state, phase) => {
    expect(weddingStatus(wedding({ state }), new Date(CEREMONY)).phase).toBe(phase);
  });

  it.each([
    [{ timeZone: 'Mars/Olympus' }, 'UnknownTimeZone', 'Mars/Olympus'],
    [{ date: '2027-02-30' }, 'InvalidDate', '2027-02-30'],
  ])('says why a wedding does not count: %j', (spec, reason, text) => {
    const status = weddingStatus(wedding(spec), new Date(CEREMONY));
    expect(status).toEqual({
      observedGeneration: 1,
      conditions: [
        {
          type: 'Accepted',
          status: 'False',
          reason,
          message: expect.stringContaining(text),
          observedGeneration: 1,
          lastTransitionTime: CEREMONY,
        },
        {
          type: 'Ready',
          status: 'False',
          reason: 'NotAccepted',
          message: expect.stringContaining(text),
          observedGeneration: 1,
          lastTransitionTime: CEREMONY,
        },
      ],
    });
  });
});

describe('WeddingReconciler', () => {
  function world(subject: Wedding, now: string) {
    const client = new MemoryKubeClient();
    const weddings = createStore<Wedding>();
    const clock = new ManualClock(now);
    client.put(subject);
    const sync = () => weddings.put(client.of('Wedding/ada-and-grace') as Wedding);
    sync();
    const reconciler = new WeddingReconciler({ client, weddings, clock });
    const context = { signal: new AbortController().signal, log: silentLogger(), reconcileID: 'test' };
    return { client, weddings, clock, sync, run: () => reconciler.reconcile(KEY, context) };
  }
  const stored = (client: MemoryKubeClient) => client.of('Wedding/ada-and-grace') as Wedding;

  it('writes the phase, and looks again when it changes next', async () => {
    const { client, clock, sync, run } = world(wedding(), '2027-06-05T13:29:59Z');
    const phases: unknown[] = [];
    const seen = async () => {
      const outcome = await run();
      sync();
      phases.push([stored(client).status?.phase, outcome]);
    };
    await seen();
    await clock.advance(1001);
    await seen();
    clock.shiftWall(10.5 * 3_600_000);
    await seen();
    expect(phases).toEqual([
      ['Upcoming', { kind: 'requeueAt', at: new Date('2027-06-05T13:30:00Z') }],
      ['Active', { kind: 'requeueAt', at: new Date('2027-06-06T00:00:00Z') }],
      ['Over', { kind: 'done' }],
    ]);
  });

  it('writes nothing while nothing changes', async () => {
    const { client, clock, sync, run } = world(wedding(), '2027-06-05T10:00:00Z');
    await run();
    sync();
    const before = stored(client).metadata.resourceVersion;
    client.refuse('applyStatus', 'Wedding/ada-and-grace');
    await clock.advance(3_600_000);
    expect(await run()).toMatchObject({ kind: 'requeueAt' });
    expect(stored(client).metadata.resourceVersion).toBe(before);
  });

  it('has nothing to do for a wedding that is gone or ends', async () => {
    const { client, weddings, run } = world(wedding(), '2027-06-05T10:00:00Z');
    const object = stored(client);
    weddings.put({ ...object, metadata: { ...object.metadata, deletionTimestamp: CEREMONY } });
    expect(await run()).toEqual({ kind: 'done' });
    weddings.remove(KEY);
    expect(await run()).toEqual({ kind: 'done' });
    expect(stored(client).status).toBeUndefined();
  });
});
