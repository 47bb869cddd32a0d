import { describe, expect, it } from 'vitest';
import { observed, presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import { LABEL } from '../../api/v1alpha1/names.ts';
import { standardLabels } from '../../domain/resources/manifest.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { claimOf } from '../cluster-state/claims.ts';
import type { Observed } from '../cluster-state/observed.ts';
import type { Pod } from '../cluster-state/pod.ts';
import { labelsToRestore, missingRedisPods } from './restore-labels.ts';

type Decision = Parameters<typeof labelsToRestore>[0]['decision'];

const CLAIM = 'data-wedsync-redis-0-0';
const OF_SHARD = { [LABEL.cluster]: 'wedsync', [LABEL.component]: 'redis', [LABEL.shard]: '0' };

function lost(seen: Partial<Omit<Observed, 'children'>>, frozen = false, paused = false): string[] {
  const decision = { effectiveFreeze: { active: frozen }, pause: { active: paused } } as Decision;
  return labelsToRestore({ observed: observed(seen), decision }).map(
    ({ type, name, labels }) => `${type.kind}/${name} ${Object.keys(labels).sort().join()}`,
  );
}

function pod(name: string, labels: Record<string, string>, more: Partial<Pod['metadata']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'weddings', uid: name, labels, ...more },
    spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: CLAIM } }] },
  };
}

const claim = (labels: Record<string, string>): Observed['claims'] => [
  claimOf({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: CLAIM, namespace: 'weddings', labels },
  }),
];

const redis = (labels: Record<string, string> = {}, more: Partial<Pod['metadata']> = {}) =>
  pod('wedsync-redis-0-0', { ...standardLabels('wedsync', 'redis'), [LABEL.shard]: '0', ...labels }, more);

describe('labels that are put back', () => {
  it('are those of pods, in a freeze as well', () => {
    const seen = { redisPods: [redis({ [LABEL.managedBy]: 'person' })], claims: claim(OF_SHARD) };
    for (const frozen of [false, true])
      expect(lost(seen, frozen)).toEqual([`Pod/wedsync-redis-0-0 ${LABEL.managedBy}`]);
    expect(lost({ redisPods: [redis()], claims: claim(OF_SHARD) })).toEqual([]);
    const deletionTimestamp = '2027-06-05T12:00:00Z';
    expect(
      lost({
        redisPods: [redis({ [LABEL.managedBy]: 'x' }, { deletionTimestamp })],
        claims: claim(OF_SHARD),
      }),
    ).toEqual([]);
  });

  it('are those of a presence pod that its ReplicaSet gave up, after a freeze and a pause', () => {
    const orphan = pod(
      'wedsync-presence-abc-x1',
      { [LABEL.cluster]: 'wedsync' },
      { generateName: 'wedsync-presence-abc-' },
    );
    expect(lost({ presencePods: [orphan] }, true)).toEqual([]);
    expect(lost({ presencePods: [orphan] }, false, true)).toEqual([]);
    expect(lost({ presencePods: [orphan] })).toEqual([expect.stringContaining(LABEL.component)]);
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'wedsync-presence-abc', uid: 'r' };
    const owned = pod(
      'wedsync-presence-abc-x2',
      { ...standardLabels('wedsync', 'presence'), [LABEL.partOf]: 'x' },
      { ownerReferences: [{ ...owner, controller: true }] },
    );
    expect(lost({ presencePods: [owned] }, true)).toEqual([`Pod/${owned.metadata.name} ${LABEL.partOf}`]);
  });

  it('are those of the claim of a Redis pod', () => {
    const { [LABEL.cluster]: _, ...rest } = OF_SHARD;
    const partly = { ...OF_SHARD, [LABEL.shard]: '2' };
    expect(lost({ redisPods: [redis()], claims: claim(partly) })).toEqual([
      `PersistentVolumeClaim/${CLAIM} ${LABEL.shard}`,
    ]);
    expect(lost({ redisPods: [redis()] })).toEqual([
      `PersistentVolumeClaim/${CLAIM} ${[...Object.keys(rest), LABEL.cluster].sort().join()}`,
    ]);
  });
});

describe('Redis pods that are looked for', () => {
  it('are those that the StatefulSets should have, once these are not new', () => {
    const cluster = presenceCluster();
    const set = (name: string, replicas: number, ageMs: number): KubeObject => ({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: {
        name,
        namespace: 'weddings',
        creationTimestamp: new Date(observed().now.getTime() - ageMs).toISOString(),
      },
      spec: { replicas },
    });
    const children = [
      set('wedsync-redis-0', 2, 60_000),
      set('wedsync-redis-1', 2, 29_000),
      set('other-redis-0', 2, 60_000),
    ];
    expect(missingRedisPods(observed({ cluster, children, redisPods: [redis()] }))).toEqual([
      'wedsync-redis-0-1',
    ]);
  });
});
