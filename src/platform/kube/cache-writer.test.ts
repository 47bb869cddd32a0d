import { describe, expect, it } from 'vitest';
import { CacheWriter, type ChangeEvent } from './cache-writer.ts';
import { builtin, type KubeObject } from './resource.ts';
import { createStore } from './store.ts';

function world(project?: (object: KubeObject) => KubeObject) {
  const store = createStore();
  const told: ChangeEvent[] = [];
  const errors: unknown[] = [];
  const writer = new CacheWriter({
    type: builtin.Pod,
    store,
    onChange: (event) => void told.push(event),
    onHandlerError: (error) => void errors.push(error),
    project,
  });
  const put = (object: unknown) => writer.put(object as KubeObject, { fromList: false, resync: false });
  return { store, told, errors, put };
}

const pod = (annotations: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a', namespace: 'ns', resourceVersion: '1', annotations },
  spec: { nodeName: 'n', containers: ['many', 'lines'] },
});

describe('CacheWriter', () => {
  it('leaves out the copy that kubectl apply makes of the whole object, and no other annotation', () => {
    const { store, put } = world();
    put(pod({ 'kubectl.kubernetes.io/last-applied-configuration': '{"much":1}', mine: 'stays' }));
    expect(store.get('ns/a')?.metadata.annotations).toEqual({ mine: 'stays' });
  });

  it('stores and tells only what the reader asked for', () => {
    const { store, told, put } = world((object) => ({ ...object, spec: { nodeName: 'n' } }));
    put(pod());
    expect(store.get('ns/a')?.spec).toEqual({ nodeName: 'n' });
    expect(told.map(({ type, object }) => [type, object.spec])).toEqual([['added', { nodeName: 'n' }]]);
  });

  it('stores whole an object that its reader cannot cut, tells that, and takes the next', () => {
    const project = (object: KubeObject) => ({
      ...object,
      spec: (object.spec as { nodes: string[] }).nodes.join(),
    });
    const { store, told, errors, put } = world(project);
    put({ ...pod(), spec: { nodes: 7 } });
    put({ ...pod(), metadata: { name: 'b', namespace: 'ns' }, spec: { nodes: ['n'] } });
    expect([store.size, told.map(({ key }) => key), errors]).toEqual([
      2,
      ['ns/a', 'ns/b'],
      [expect.any(TypeError)],
    ]);
  });

  it.each([null, 'text', {}, { metadata: {} }, { metadata: { name: 7 } }])(
    'tells %j as an error and stores nothing',
    (object) => {
      const { store, told, errors, put } = world();
      expect(put(object)).toBeUndefined();
      expect([store.size, told.length, errors.length]).toEqual([0, 0, 1]);
    },
  );
});
