import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../cluster/paths.ts';
import { chartValues, valuesTable } from './chart-values.ts';

describe('the values of a chart', () => {
  it('are listed key by key where keys are explained, with default and comment', () => {
    const text = `# About the file.

# One.
one: ""
# A group.
two:
  # Of two,
  # in lines.
  part: 3
  # Other | else.
  other: [a]
# A map as a value.
three:
  cpu: 1
`;
    expect(chartValues(text)).toEqual([
      { key: 'one', byDefault: '""', meaning: 'One.' },
      { key: 'two', byDefault: '', meaning: 'A group.' },
      { key: 'two.part', byDefault: '3', meaning: 'Of two, in lines.' },
      { key: 'two.other', byDefault: '["a"]', meaning: 'Other | else.' },
      { key: 'three', byDefault: '{"cpu":1}', meaning: 'A map as a value.' },
    ]);
    expect(valuesTable(chartValues(text))).toContain('| `two.other` | `["a"]` | Other \\| else. |');
  });

  it('are refused without a comment', () => {
    expect(() => chartValues('# One.\none: 1\ntwo: 2\n')).toThrow('does not say what two is');
  });

  it('of our chart are all explained, and none is left out', () => {
    const text = readFileSync(path.join(repository, 'charts/presence-operator/values.yaml'), 'utf8');
    const keys = chartValues(text).map(({ key }) => key);
    const top = [...text.matchAll(/^(\w+):/gm)].map(([, key = '']) => key);
    expect(new Set(keys.map((key) => key.split('.')[0]))).toEqual(new Set(top));
    expect(keys).toContain('tests.presenceCluster.secretName');
  });
});
