import { describe, expect, it } from 'vitest';
import { observed, pod, redisPod } from '../../../test/support/presence-cluster-builder.ts';
import { standardLabels } from '../../domain/resources/manifest.ts';
import { findCause } from './find-cause.ts';
import type { Pod } from './pod.ts';

const pending: Pod['status'] = {
  conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no room' }],
};
const killed: Pod['status'] = {
  containerStatuses: [
    {
      name: 'redis',
      restartCount: 2,
      ready: false,
      state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } },
      lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } },
    },
  ],
};
const statefulSet = (shard: number, replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: {
    name: `wedsync-redis-${shard}`,
    generation: 1,
    labels: { ...standardLabels('wedsync', 'redis'), 'presence.wedsync.io/shard': String(shard) },
  },
  spec: { replicas: 2, template: {} },
  status: { observedGeneration: 1, replicas },
});

describe('findCause', () => {
  it('does not blame a pod of another shard', () => {
    const known = observed({ redisPods: [redisPod(0, 0), redisPod(1, 1, { status: pending })] });
    expect(findCause(known, { component: 'redis', shards: new Set([0]) })).toBeUndefined();
    expect(findCause(known, { component: 'redis' })?.message).toContain('wedsync-redis-1-1');
  });

  it('names the most telling cause of several pods first', () => {
    const redisPods = [redisPod(0, 0, { status: pending }), redisPod(0, 1, { status: killed })];
    expect(findCause(observed({ redisPods }), { component: 'redis' })?.reason).toBe('OutOfMemory');
  });

  it('does not blame a presence pod that was evicted once a later one is in its place', () => {
    const made = (name: string, at: string, status: Pod['status']): Pod => {
      const found = pod(name, 'presence', { status });
      return { ...found, metadata: { ...found.metadata, creationTimestamp: at } };
    };
    const evicted = made('a', '2027-06-05T10:00:00Z', { phase: 'Failed', reason: 'Evicted' });
    const later = made('b', '2027-06-05T10:00:30Z', pending);
    const causeOf = (...presencePods: Pod[]) =>
      findCause(observed({ presencePods }), { component: 'presence' })?.reason;
    expect(causeOf(evicted)).toBe('Evicted');
    expect(causeOf(evicted, later)).toBe('Unschedulable');
  });

  it('names who refuses pods of a StatefulSet, by its event, and only while it lacks one', () => {
    const warnings = new Map([
      [
        'StatefulSet/wedsync-redis-0',
        { reason: 'FailedCreate', message: 'create Pod failed: exceeded quota' },
      ],
    ]);
    const lacking = observed({ warnings, children: [statefulSet(0, 1)] });
    expect(findCause(lacking, { component: 'redis' })).toEqual({
      reason: 'PodsRefused',
      message: 'pods of StatefulSet wedsync-redis-0 are refused: create Pod failed: exceeded quota',
    });
    const whole = observed({ warnings, children: [statefulSet(0, 2)] });
    expect(findCause(whole, { component: 'redis' })).toBeUndefined();
    expect(findCause(lacking, { component: 'presence' })).toBeUndefined();
  });

  it('sees nothing wrong in pods that are ready or start', () => {
    expect(
      findCause(observed({ presencePods: [pod('p', 'presence')] }), { component: 'presence' }),
    ).toBeUndefined();
  });
});
