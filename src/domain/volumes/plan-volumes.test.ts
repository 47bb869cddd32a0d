import { describe, expect, it } from 'vitest';
import { type Claim, type ClaimTemplate, compareSizes } from './claim.ts';
import { planVolumes, type VolumesInput } from './plan-volumes.ts';

const wanted: ClaimTemplate = { size: '2Gi', storageClassName: 'fast', labels: {}, annotations: {} };
const claim = (more: Partial<Claim> = {}): Claim => ({
  name: 'data-wedsync-redis-0-0',
  uid: 'one',
  shard: 0,
  isBound: true,
  isRestored: false,
  isDeleting: false,
  size: '2Gi',
  capacity: '2Gi',
  storageClassName: 'fast',
  labels: {},
  annotations: {},
  ...more,
});
const plan = (more: Partial<VolumesInput> = {}) =>
  planVolumes({
    wanted,
    claims: [claim()],
    owners: [{ name: 'wedsync-redis-0', template: wanted, isHeld: false }],
    refused: new Map(),
    formed: true,
    steady: true,
    held: undefined,
    ...more,
  });
const old = { ...wanted, size: '1Gi' };
const owner = { name: 'wedsync-redis-0', template: old, isHeld: false };

describe('planVolumes', () => {
  it('has nothing to do when all is as wanted', () => {
    expect(plan()).toEqual({
      change: [],
      replace: [],
      recreate: undefined,
      finding: { kind: 'Current' },
    });
  });

  it('lets claims grow, also while Redis is not steady or a freeze is on', () => {
    for (const more of [{}, { steady: false }, { held: 'a freeze is on' }]) {
      const { change, finding } = plan({ claims: [claim({ size: '1Gi' })], ...more });
      expect(change).toMatchObject([{ size: '2Gi' }]);
      expect(finding?.kind).toBe('Growing');
    }
  });

  it('is growing until the volume has the size', () => {
    expect(plan({ claims: [claim({ capacity: '1Gi' })] })).toMatchObject({
      change: [],
      finding: { kind: 'Growing' },
    });
    expect(plan({ claims: [claim({ resizing: 'FileSystemResizePending' })] }).finding?.kind).toBe('Growing');
  });

  it('never shrinks a claim that is larger, as one that was there before may be', () => {
    expect(plan({ claims: [claim({ size: '4Gi', capacity: '4Gi' })] })).toMatchObject({
      change: [],
      replace: [],
      finding: { kind: 'Current' },
    });
  });

  it('does not ask again for what was refused, but for another size', () => {
    const refused = new Map([['one', { size: '2Gi', because: 'no', isDue: false }]]);
    const claims = [claim({ size: '1Gi' })];
    expect(plan({ claims, refused })).toMatchObject({
      change: [],
      finding: { kind: 'CannotGrow', because: 'no' },
    });
    expect(plan({ claims, refused, wanted: { ...wanted, size: '3Gi' } }).change).toMatchObject([
      { size: '3Gi' },
    ]);
    // Asked for again after a while: what is known holds until there is another answer.
    const due = new Map([['one', { size: '2Gi', because: 'no', isDue: true }]]);
    expect(plan({ claims, refused: due })).toMatchObject({
      change: [{ size: '2Gi' }],
      finding: { kind: 'CannotGrow', because: 'no' },
    });
  });

  it('gives labels and annotations, also where the size is refused', () => {
    const labels = { 'example.com/team': 'a' };
    const refused = new Map([['one', { size: '2Gi', because: 'no', isDue: false }]]);
    const { change } = plan({ claims: [claim({ size: '1Gi' })], refused, wanted: { ...wanted, labels } });
    expect(change).toEqual([{ claim: claim({ size: '1Gi' }), labels, annotations: {} }]);
  });

  it('replaces only a claim without a volume and without a source of data', () => {
    const pending = { isBound: false, capacity: undefined } as never;
    const replaced = (more: Partial<Claim>) => plan({ claims: [claim(more)] }).replace.length;
    expect(replaced({ ...(pending as object), storageClassName: 'typo' })).toBe(1);
    expect(replaced({ ...(pending as object), size: '9Gi' })).toBe(1);
    expect(replaced({ ...(pending as object) })).toBe(0);
    expect(replaced({ ...(pending as object), storageClassName: 'typo', isRestored: true })).toBe(0);
    expect(replaced({ storageClassName: 'typo' })).toBe(0);
    expect(replaced({ size: '9Gi' })).toBe(0);
  });

  it('replaces no claim that the old template of its StatefulSet would make again', () => {
    const claims = [claim({ isBound: false, size: '1Gi' })];
    expect(plan({ claims, owners: [owner], steady: false }).replace).toEqual([]);
    expect(plan({ claims, owners: [] }).replace).toEqual([]);
    expect(plan({ claims }).replace).toEqual(claims);
    expect(plan({ claims, owners: [owner] })).toMatchObject({
      recreate: { name: owner.name },
      replace: claims,
    });
  });

  it('says that a claim with a volume is of another class', () => {
    expect(plan({ claims: [claim({ storageClassName: 'slow' })] }).finding?.kind).toBe('OtherClass');
    const { storageClassName: _, ...anyClass } = wanted;
    const owners = [{ name: 'a', template: anyClass, isHeld: false }];
    expect(plan({ claims: [claim()], wanted: anyClass, owners }).finding?.kind).toBe('Current');
  });

  it('recreates one StatefulSet at a time', () => {
    const owners = [0, 1].map((shard) => ({ ...owner, name: `wedsync-redis-${shard}` }));
    expect(plan({ owners })).toMatchObject({
      recreate: { name: 'wedsync-redis-0', withPods: false },
      finding: { kind: 'TemplateWaits' },
    });
    expect(plan({ owners: owners.slice(1) }).recreate).toMatchObject({ name: 'wedsync-redis-1' });
  });

  it.each([
    ['in a freeze or a pause', { held: 'a freeze is on' }, 'a freeze is on'],
    ['while Redis is not steady', { steady: false }, 'Redis is not steady'],
    [
      'while its pod template is held',
      { owners: [{ ...owner, isHeld: true }] },
      'its new pod template is held',
    ],
  ])('recreates none %s, and says so', (_, more, because) => {
    const { recreate, finding } = plan({ owners: [owner], ...more });
    expect(recreate).toBeUndefined();
    expect(finding).toEqual({ kind: 'TemplateWaits', owners: ['wedsync-redis-0'], because });
  });

  it('waits for nothing before the Redis Cluster is formed', () => {
    expect(plan({ owners: [owner], formed: false, steady: false }).recreate).toMatchObject({
      name: 'wedsync-redis-0',
    });
  });

  it('goes from claims to none and back', () => {
    expect(plan({ wanted: undefined, owners: [owner] })).toMatchObject({
      recreate: { name: 'wedsync-redis-0', withPods: true },
      replace: [],
      finding: undefined,
    });
    const owners = [{ ...owner, template: undefined }];
    expect(plan({ owners }).recreate).toEqual({ name: 'wedsync-redis-0', withPods: true });
    expect(plan({ wanted: undefined, owners }).recreate).toBeUndefined();
  });
});

describe('compareSizes', () => {
  it('compares quantities, and takes what it cannot read for equal', () => {
    expect(Math.sign(compareSizes('1Gi', '1025Mi'))).toBe(-1);
    expect(compareSizes('1Gi', '1024Mi')).toBe(0);
    expect(compareSizes('huge', '1Gi')).toBe(0);
  });
});
