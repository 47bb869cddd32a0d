import { describe, expect, it } from 'vitest';
import { claimTemplates } from '../../domain/resources/redis-claims.ts';
import { claimOf, claimTemplateOf, type PersistentVolumeClaim } from './claims.ts';

const claim = (more: Partial<PersistentVolumeClaim> = {}): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data-wedsync-redis-2-0', uid: 'one', labels: { 'presence.wedsync.io/shard': '2' } },
  spec: { resources: { requests: { storage: '1Gi' } } },
  ...more,
});

describe('claimOf', () => {
  it('reads a claim that waits', () => {
    expect(claimOf(claim())).toEqual({
      name: 'data-wedsync-redis-2-0',
      uid: 'one',
      shard: 2,
      isBound: false,
      isRestored: false,
      isDeleting: false,
      size: '1Gi',
      annotations: {},
      labels: { 'presence.wedsync.io/shard': '2' },
    });
  });

  it.each([
    ['is bound', { status: { phase: 'Bound' } }, true],
    ['has lost its volume', { status: { phase: 'Lost' } }, true],
    ['names the volume that it waits for', { spec: { volumeName: 'pv' } }, true],
    ['waits', { status: { phase: 'Pending' } }, false],
  ])('has, or had, a volume when it %s', (_, more, isBound) => {
    expect(claimOf(claim(more)).isBound).toBe(isBound);
  });

  it('knows a source of data, and what keeps it from growing', () => {
    expect(claimOf(claim({ spec: { dataSource: { name: 'backup' } } })).isRestored).toBe(true);
    expect(claimOf(claim({ spec: { dataSourceRef: { name: 'backup' } } })).isRestored).toBe(true);
    const conditions = [
      { type: 'Resizing', status: 'False', message: 'past' },
      { type: 'FileSystemResizePending', status: 'True', message: 'waiting' },
    ];
    const status = { phase: 'Bound', capacity: { storage: '1Gi' }, conditions };
    expect(claimOf(claim({ status }))).toMatchObject({ capacity: '1Gi', resizing: 'waiting' });
  });

  it('takes an object without anything for a claim of no size', () => {
    expect(claimOf({ apiVersion: 'v1', kind: 'x', metadata: { name: 'x' } })).toMatchObject({
      size: '0',
      uid: '',
    });
  });
});

describe('claimTemplateOf', () => {
  it('reads what the builder writes', () => {
    const metadata = { labels: { a: 'b' }, annotations: { c: 'd' } };
    const storage = { type: 'Claim', size: '2Gi', storageClassName: 'fast', metadata } as const;
    expect(claimTemplateOf(claimTemplates(storage))).toEqual({
      size: '2Gi',
      storageClassName: 'fast',
      labels: { a: 'b' },
      annotations: { c: 'd' },
    });
    expect(claimTemplateOf(claimTemplates({ type: 'EmptyDir' }))).toBeUndefined();
  });
});
