import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyOf } from '../runtime/object-key.ts';
import type { KubeObject } from './resource.ts';
import { createStore } from './store.ts';

function object(name: string, namespace: string, owner: string, app: string): KubeObject {
  const ownerReferences = owner === '' ? [] : [{ apiVersion: 'v1', kind: 'Owner', name: 'o', uid: owner }];
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, ownerReferences, labels: { app } } };
}

describe('Store', () => {
  it('follows an object whose owner and labels change', () => {
    const store = createStore();
    store.put(object('a', 'ns', 'one', 'x'));
    expect(store.byLabel('app', 'x').map(keyOf)).toEqual(['ns/a']);
    const previous = store.put(object('a', 'ns', 'two', 'y'));
    expect(previous?.metadata.labels).toEqual({ app: 'x' });
    expect(store.byOwner('one')).toEqual([]);
    expect(store.byOwner('two').map(keyOf)).toEqual(['ns/a']);
    expect(store.byLabel('app', 'x')).toEqual([]);
    expect(store.byLabel('app', 'y').map(keyOf)).toEqual(['ns/a']);
  });

  it('answers every index as a scan of all objects would', () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const namespace = fc.constantFrom('n', 'm');
    const owner = fc.constantFrom('', 'o1', 'o2');
    const app = fc.constantFrom('x', 'y');
    const change = fc.record({ remove: fc.boolean(), name, namespace, owner, app });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), fc.nat(40), (changes, indexFrom) => {
        const store = createStore();
        changes.forEach((each, position) => {
          if (position === indexFrom) store.byLabel('app', 'x');
          if (each.remove) store.remove(`${each.namespace}/${each.name}`);
          else store.put(object(each.name, each.namespace, each.owner, each.app));
        });
        const keys = (objects: KubeObject[]) => objects.map(keyOf).sort();
        const all = store.list();
        expect(all).toHaveLength(store.size);
        for (const value of ['x', 'y']) {
          expect(keys(store.byLabel('app', value))).toEqual(
            keys(all.filter((o) => o.metadata.labels?.app === value)),
          );
        }
        for (const uid of ['o1', 'o2']) {
          const owned = all.filter((o) =>
            o.metadata.ownerReferences?.some((reference) => reference.uid === uid),
          );
          expect(keys(store.byOwner(uid))).toEqual(keys(owned));
        }
        for (const space of ['n', 'm']) {
          expect(keys(store.list(space))).toEqual(keys(all.filter((o) => o.metadata.namespace === space)));
        }
      }),
    );
  });
});
