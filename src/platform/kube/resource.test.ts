import { describe, expect, it } from 'vitest';
import { keyOf, parseKey } from '../runtime/object-key.ts';
import { apiVersionOf, builtin, controllerReference, pathOf } from './resource.ts';

describe('pathOf', () => {
  it('builds the paths of the core group and of named groups', () => {
    expect(pathOf(builtin.Pod)).toBe('/api/v1/pods');
    expect(pathOf(builtin.Pod, { namespace: 'ns' })).toBe('/api/v1/namespaces/ns/pods');
    expect(pathOf(builtin.StatefulSet, { namespace: 'ns', name: 'a', subresource: 'scale' })).toBe(
      '/apis/apps/v1/namespaces/ns/statefulsets/a/scale',
    );
    expect(pathOf(builtin.Node, { name: 'n' })).toBe('/api/v1/nodes/n');
    expect(pathOf(builtin.Node, { namespace: 'ignored', name: 'n' })).toBe('/api/v1/nodes/n');
  });

  it('refuses an object of a namespaced type without a namespace', () => {
    expect(() => pathOf(builtin.Pod, { name: 'a' })).toThrow('namespace is needed');
    expect(() => pathOf(builtin.Pod, { namespace: '', name: 'a' })).toThrow(TypeError);
  });

  it('cannot be led out of its place by a name', () => {
    expect(pathOf(builtin.Pod, { namespace: 'ns', name: '../../nodes?x' })).toBe(
      '/api/v1/namespaces/ns/pods/..%2F..%2Fnodes%3Fx',
    );
  });
});

describe('keys', () => {
  it.each([
    ['ns/name', { name: 'name', namespace: 'ns' }],
    ['name', { name: 'name', namespace: undefined }],
  ])('%s goes there and back', (key, metadata) => {
    expect(keyOf({ metadata })).toBe(key);
    expect(parseKey(key)).toEqual(metadata);
  });
});

it('names API versions as objects do', () => {
  expect(apiVersionOf(builtin.Pod)).toBe('v1');
  expect(apiVersionOf(builtin.Lease)).toBe('coordination.k8s.io/v1');
});

it('lets only an object that exists own others', () => {
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'ns' } };
  expect(() => controllerReference(owner)).toThrow('no uid');
  expect(controllerReference({ ...owner, metadata: { ...owner.metadata, uid: 'u' } })).toMatchObject({
    uid: 'u',
    controller: true,
  });
});
