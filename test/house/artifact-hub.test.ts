import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { GROUP } from '../../src/api/schema/group.ts';
import { KINDS } from '../../src/api/v1alpha1/kinds.ts';
import { validateObject } from '../../src/reports/validate-object.ts';
import { repository } from '../cluster/paths.ts';

function chartFile(name: string): unknown {
  return parse(readFileSync(path.join(repository, 'charts/presence-operator', name), 'utf8'));
}

const { annotations, version } = chartFile('Chart.yaml') as {
  annotations: Record<string, string>;
  version: string;
};
const annotation = (name: string): unknown => parse(annotations[`artifacthub.io/${name}`] ?? '');

describe('what Artifact Hub shows of the chart', () => {
  it('lists the images of the values', () => {
    const { image, redisImages } = chartFile('values.yaml') as {
      image: { repository: string };
      redisImages: Record<string, string>;
    };
    const others = Object.entries(redisImages).map(([name, of]) => ({ name, image: of }));
    expect(annotation('images')).toEqual([
      { name: 'operator', image: `${image.repository}:${version}` },
      ...others,
    ]);
  });

  it('lists every kind', () => {
    const kinds = annotation('crds') as { kind: string; name: string; version: string }[];
    const listed = kinds.map(({ kind, name, version: of }) => `${kind} ${name} ${of}`);
    const ours = KINDS.map(({ kind, plural, version: of }) => `${kind} ${plural}.${GROUP} ${of}`);
    expect(listed.sort()).toEqual(ours.sort());
  });

  it('has examples that the API server takes', () => {
    const examples = annotation('crdsExamples') as object[];
    expect(examples.length).toBeGreaterThan(1);
    for (const example of examples) {
      const result = validateObject(example, { namespace: 'default', unknownFields: 'refuse' });
      expect(result, JSON.stringify(example)).toMatchObject({ ours: true, valid: true });
    }
  });
});
