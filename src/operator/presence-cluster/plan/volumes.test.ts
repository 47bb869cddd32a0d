import { describe, expect, it } from 'vitest';
import { planOf } from '../../../../test/support/condition-plans.ts';
import { observed, presenceCluster } from '../../../../test/support/presence-cluster-builder.ts';
import type { Manifest } from '../../../domain/resources/manifest.ts';
import { claimsOfLeftShards } from '../volumes/claims-of-left-shards.ts';
import { applicable } from './volumes.ts';

const claims = (size: string) => presenceCluster({ redis: { storage: { type: 'Claim', size } } });
const statefulSets = (cluster = presenceCluster()): Manifest[] =>
  planOf({ cluster }).desired.manifests.filter(({ kind }) => kind === 'StatefulSet');
const templatesOf = (manifest: Manifest | undefined) =>
  (manifest?.spec as { volumeClaimTemplates?: unknown } | undefined)?.volumeClaimTemplates;

describe('applicable', () => {
  const [small, large, none] = [
    statefulSets(claims('1Gi'))[0],
    statefulSets(claims('2Gi'))[0],
    statefulSets()[0],
  ];
  if (!small || !large || !none) throw new Error('there is no StatefulSet');

  it('keeps the claim templates of a StatefulSet that is there: they cannot be changed', () => {
    const applied = applicable(large, observed({ children: [small] }));
    expect(templatesOf(applied)).toEqual(templatesOf(small));
    expect(templatesOf(large)).not.toEqual(templatesOf(small));
  });

  it('is what is wanted where there is none yet', () => {
    expect(applicable(large, observed())).toBe(large);
  });

  it('is nothing between claims and none, and while it is being deleted', () => {
    expect(applicable(large, observed({ children: [none] }))).toBeUndefined();
    expect(applicable(none, observed({ children: [small] }))).toBeUndefined();
    const metadata = { ...small.metadata, deletionTimestamp: '2027-06-01T00:00:00Z' };
    expect(applicable(small, observed({ children: [{ ...small, metadata }] }))).toBeUndefined();
  });
});

describe('the StatefulSets', () => {
  it('keep the claims when they are deleted, unless the spec says otherwise', () => {
    const policyOf = (retention?: 'Retain' | 'Delete') => {
      const storage = { type: 'Claim', size: '1Gi', ...(retention ? { retention } : {}) } as const;
      const [first] = statefulSets(presenceCluster({ redis: { storage } }));
      return (first?.spec as Record<string, unknown> | undefined)?.persistentVolumeClaimRetentionPolicy;
    };
    expect(policyOf()).toEqual({ whenDeleted: 'Retain', whenScaled: 'Retain' });
    expect(policyOf('Delete')).toEqual({ whenDeleted: 'Delete', whenScaled: 'Retain' });
  });
});

describe('claimsOfLeftShards', () => {
  it('are those of the StatefulSets that go, and of no other shard', () => {
    const claim = (name: string) => ({ name, uid: name }) as never;
    const [first] = statefulSets(claims('1Gi'));
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'wedsync-redis-1' } };
    const all = ['data-wedsync-redis-0-0', 'data-wedsync-redis-1-0', 'data-wedsync-redis-01-0', 'x'].map(
      claim,
    );
    expect(claimsOfLeftShards([first as never, service], all).map(({ name }) => name)).toEqual([
      'data-wedsync-redis-0-0',
    ]);
  });
});
