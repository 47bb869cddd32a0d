import { describe, expect, it } from 'vitest';
import { LABEL } from '../../api/v1alpha1/names.ts';
import { standardLabels } from '../../domain/resources/manifest.ts';
import type { Pod } from './pod.ts';
import { identityOf, isOrphan, lostLabels, shardOf } from './pod-identity.ts';

function pod(metadata: Partial<Pod['metadata']>): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', namespace: 'weddings', uid: 'a', ...metadata },
    spec: {},
  };
}

const ownedBy = (kind: string, name: string) => ({
  ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid: name, controller: true }],
});
const redis = { component: 'redis', shard: 1 };
const presence = { component: 'presence' };
const redisLabels = { ...standardLabels('wedsync', 'redis'), [LABEL.shard]: '1' };

describe('what a pod is for', () => {
  it.each<[string, Partial<Pod['metadata']>, object | undefined]>([
    ['its StatefulSet', { ...ownedBy('StatefulSet', 'wedsync-redis-1'), labels: {} }, redis],
    ['its ReplicaSet', { ...ownedBy('ReplicaSet', 'wedsync-presence-7d9f8b6c5'), labels: {} }, presence],
    [
      'its owner, not its labels',
      { ...ownedBy('StatefulSet', 'wedsync-redis-1'), labels: standardLabels('wedsync', 'presence') },
      redis,
    ],
    ['its name, when it has no owner', { name: 'wedsync-redis-1-0', labels: {} }, redis],
    [
      'its name, not its labels, when it has no owner',
      { name: 'wedsync-redis-1-0', labels: standardLabels('wedsync', 'presence') },
      redis,
    ],
    ['the name that its ReplicaSet gave it', { generateName: 'wedsync-presence-7d9f8b6c5-' }, presence],
    ['its labels, when nothing else is known', { labels: redisLabels }, redis],
    ['nothing: it is of another PresenceCluster', ownedBy('StatefulSet', 'other-redis-1'), undefined],
    ['nothing: it is of another workload', ownedBy('ReplicaSet', 'web-7d9f8b6c5'), undefined],
    ['nothing: its name only begins like ours', { name: 'wedsync-redis-1-0-copy' }, undefined],
  ])('is known by %s', (_by, metadata, expected) => {
    expect(identityOf(pod(metadata), 'wedsync')).toEqual(expected);
  });

  it('gives the shard of a Redis pod whose labels are changed', () => {
    const labels = { ...redisLabels, [LABEL.shard]: '2' };
    expect(shardOf(pod({ ...ownedBy('StatefulSet', 'wedsync-redis-1'), labels }))).toBe(1);
    expect(shardOf(pod({ labels: standardLabels('wedsync', 'presence') }))).toBeNaN();
  });
});

describe('lost labels', () => {
  it('are those that differ, and no others', () => {
    const complete = pod({
      ...ownedBy('StatefulSet', 'wedsync-redis-1'),
      labels: { ...redisLabels, team: 'a' },
    });
    expect(lostLabels(complete, 'wedsync')).toEqual({});
    for (const key of Object.keys(redisLabels)) {
      const { [key]: value = '', ...rest } = redisLabels as Record<string, string>;
      for (const labels of [rest, { ...rest, [key]: 'other' }])
        expect(lostLabels({ ...complete, metadata: { ...complete.metadata, labels } }, 'wedsync')).toEqual({
          [key]: value,
        });
    }
    expect(lostLabels(pod(ownedBy('ReplicaSet', 'web-7d9f8b6c5')), 'wedsync')).toEqual({});
  });

  it('of a presence pod without owner are also the one by which its ReplicaSet knows it', () => {
    const labels = standardLabels('wedsync', 'presence');
    const orphan = pod({ generateName: 'wedsync-presence-7d9f8b6c5-', labels });
    expect(isOrphan(orphan)).toBe(true);
    expect(lostLabels(orphan, 'wedsync')).toEqual({ 'pod-template-hash': '7d9f8b6c5' });
    const owned = pod({ ...orphan.metadata, ...ownedBy('ReplicaSet', 'wedsync-presence-7d9f8b6c5') });
    expect(isOrphan(owned)).toBe(false);
    expect(lostLabels(owned, 'wedsync')).toEqual({});
  });
});
