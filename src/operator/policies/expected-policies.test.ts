import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { expectedPolicies, POLICIES_KEY } from './expected-policies.ts';

const configMap = (text: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'policies' },
  data: { [POLICIES_KEY]: text },
});
const policy = (name: string) => `kind: ValidatingAdmissionPolicy\nmetadata: {name: ${name}}\n`;

describe('expectedPolicies', () => {
  it('reads what the chart writes, as another YAML reader does', () => {
    const install = readFileSync(new URL('../../../manifests/install.yaml', import.meta.url), 'utf8');
    const objects = parseAllDocuments(install).map((document) => document.toJS() as KubeObject | null);
    const text = objects
      .map((object) => (object?.data as Record<string, string> | undefined)?.[POLICIES_KEY])
      .find((each) => each !== undefined);
    if (text === undefined) throw new Error('manifests/install.yaml has no policies');
    const expected = parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
    expect(expectedPolicies(configMap(text))).toEqual(expected.filter((object) => object !== null));
    expect(expected.length).toBeGreaterThan(10);
  });

  it('passes over documents without content', () => {
    const text = `---\n# nothing\n---\n${policy('a')}---\n\n---\n${policy('b')}`;
    expect(expectedPolicies(configMap(text)).map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
  });

  it.each([
    ['', 'holds no policies'],
    ['kind: Pod\nmetadata: {name: a}', 'Pod is no policy'],
    ['a: 1\na: 2', 'duplicated mapping key'],
    ['{', 'unexpected end'],
    ['text', 'is no policy'],
  ])('refuses %j', (text, message) => {
    expect(() => expectedPolicies(configMap(text))).toThrow(message);
  });
});
