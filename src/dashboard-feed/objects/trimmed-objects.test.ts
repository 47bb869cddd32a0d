import { describe, expect, it } from 'vitest';
import { type ClusterEvent, trimEvent } from './cluster-event.ts';
import { type PlacedPod, trimPod } from './placed-pod.ts';

const metadata = { name: 'a', namespace: 'ns', uid: 'u', resourceVersion: '1' };

describe('trimPod', () => {
  it('keeps the node and whether it is ready', () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, labels: { 'presence.wedsync.io/cluster': 'wedsync', app: 'x' } },
      spec: { nodeName: 'node-a', containers: [] },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    } as unknown as PlacedPod;
    expect(trimPod(pod)).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, labels: { 'presence.wedsync.io/cluster': 'wedsync' } },
      nodeName: 'node-a',
      isReady: true,
    });
    const deleted = { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2027-06-05T12:00:00Z' } };
    expect(trimPod(deleted).isReady).toBe(false);
  });

  it.each([
    [undefined, undefined],
    [{ nodeName: 7 }, { conditions: 'none' }],
    [{}, { conditions: [null, 7, { type: {} }] }],
  ])('takes %j and %j for a pod that is nowhere and not ready', (spec, status) => {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec, status } as unknown as PlacedPod;
    const trimmed = trimPod(pod);
    expect([trimmed.nodeName, trimmed.isReady]).toEqual([undefined, false]);
  });
});

describe('trimEvent', () => {
  const trimmed = (fields: Record<string, unknown>) =>
    trimEvent({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata,
      ...fields,
    } as unknown as ClusterEvent);

  it('keeps when it was last seen, how often, and what it says', () => {
    const event = trimmed({
      regarding: { name: 'wedsync' },
      type: 'Warning',
      reason: 'RolloutHeld',
      note: 'it waits',
      eventTime: '2027-06-05T12:00:00Z',
      series: { count: 3, lastObservedTime: '2027-06-05T13:00:00Z' },
    });
    expect(event.regarding).toBe('wedsync');
    expect(event.row).toEqual({
      at: '2027-06-05T13:00:00Z',
      reason: 'RolloutHeld',
      isWarning: true,
      note: 'it waits',
      count: 3,
    });
  });

  it('takes fields of other types for absent', () => {
    expect(trimmed({ regarding: 7, reason: {}, note: [], series: 'x', deprecatedCount: '2' }).row).toEqual({
      at: '',
      reason: '',
      isWarning: false,
      note: '',
      count: 1,
    });
  });
});
