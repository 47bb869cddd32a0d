import { describe, expect, it } from 'vitest';
import { ANNOTATION } from '../../api/v1alpha1/names.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { trimWorkload } from './trim-workload.ts';

const template = { spec: { containers: [] } };
const workload = (released?: string): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'a',
    namespace: 'ns',
    annotations: released === undefined ? {} : { [ANNOTATION.releasedTemplate]: released },
  },
  spec: { replicas: 3, template },
});

describe('trimWorkload', () => {
  it('keeps all but the template, and leaves the object it was given alone', () => {
    const object = workload(JSON.stringify(template));
    expect(trimWorkload(object)).toEqual({ ...object, spec: { replicas: 3 } });
    expect(object.spec).toHaveProperty('template');
  });

  it.each([undefined, '', '{"spec":', '"text"', 'null'])(
    'keeps the template beside the annotation %j',
    (text) => {
      expect(trimWorkload(workload(text)).spec).toHaveProperty('template', template);
    },
  );

  it('leaves other kinds as they are', () => {
    const other = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { a: 'b' } };
    expect(trimWorkload(other)).toBe(other);
  });
});
