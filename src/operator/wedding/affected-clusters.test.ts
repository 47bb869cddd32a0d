import { describe, expect, it } from 'vitest';
import { presenceCluster, wedding } from '../../../test/support/presence-cluster-builder.ts';
import type { PresenceCluster, Wedding } from '../../api/v1alpha1/kinds.ts';
import { createStore } from '../../platform/kube/store.ts';
import { affectedClusters } from './affected-clusters.ts';

const clusters = createStore<PresenceCluster>();
for (const metadata of [{ name: 'one' }, { name: 'two' }, { name: 'one', namespace: 'other' }])
  clusters.put(presenceCluster({}, { metadata }));

const of = (spec: Parameters<typeof wedding>[0] = {}, generation = 1) => {
  const { metadata, ...rest } = wedding(spec);
  return { ...rest, metadata: { ...metadata, generation } };
};
const tell = (type: 'added' | 'updated' | 'deleted', object: Wedding, previous?: Wedding) =>
  affectedClusters({ type, object, previous }, clusters);

describe('affectedClusters', () => {
  it('are all of the namespace for a wedding that names none, and only the one that is named', () => {
    expect(tell('added', of())).toEqual(['weddings/one', 'weddings/two']);
    expect(tell('added', of({ presenceClusterName: 'two' }))).toEqual(['weddings/two']);
    expect(tell('added', of({ presenceClusterName: 'nobody' }))).toEqual([]);
  });

  it('are both when a wedding moves from one to another', () => {
    const [before, after] = [of({ presenceClusterName: 'one' }), of({ presenceClusterName: 'two' }, 2)];
    expect(tell('updated', after, before)).toEqual(['weddings/one', 'weddings/two']);
    expect(tell('updated', after, of())).toEqual(['weddings/one', 'weddings/two']);
  });

  it('are told that a wedding is deleted, although its generation is as it was', () => {
    expect(tell('deleted', of(), of())).toEqual(['weddings/one', 'weddings/two']);
  });

  it('do not hear of its status', () => {
    expect(tell('updated', of(), of())).toEqual([]);
  });
});
