import { describe, expect, it } from 'vitest';
import type { KubeObject } from './resource.ts';
import { createStore, UnionStore } from './store.ts';

const object = (kind: string, namespace: string, name: string, owner = 'uid-1'): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: {
    namespace,
    name,
    labels: { app: name },
    ownerReferences: [{ apiVersion: 'v1', kind: 'Owner', name: 'owner', uid: owner }],
  },
});

function union() {
  const [one, two] = [createStore(), createStore()];
  return { one, two, store: new UnionStore([one, two]) };
}

describe('UnionStore', () => {
  it('reads several caches as one, and follows them', () => {
    const { one, two, store } = union();
    expect({ size: store.size, list: store.list() }).toEqual({ size: 0, list: [] });
    const [a, b] = [object('Service', 'x', 'a'), object('Service', 'y', 'b', 'uid-2')];
    one.put(a);
    two.put(b);
    expect(store.size).toBe(2);
    expect(store.list()).toEqual([a, b]);
    expect(store.list('y')).toEqual([b]);
    expect(store.get('y/b')).toBe(b);
    expect(store.byOwner('uid-2')).toEqual([b]);
    expect(store.byLabel('app', 'a')).toEqual([a]);
    two.remove('y/b');
    expect(store.get('y/b')).toBeUndefined();
    expect(store.list()).toEqual([a]);
  });

  it('keeps objects of different kinds with one key apart in lists', () => {
    const { one, two, store } = union();
    one.put(object('Service', 'x', 'a'));
    two.put(object('ConfigMap', 'x', 'a'));
    expect(store.byLabel('app', 'a').map(({ kind }) => kind)).toEqual(['Service', 'ConfigMap']);
  });

  it('is empty without caches', () => {
    expect(new UnionStore([]).list()).toEqual([]);
  });
});
