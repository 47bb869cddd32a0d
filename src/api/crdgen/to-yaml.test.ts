import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { KINDS } from '../v1alpha1/kinds.ts';
import { customResourceDefinition } from './crd.ts';
import { toYaml } from './to-yaml.ts';

describe('YAML for kubectl', () => {
  it.each(['Off', 'off', 'On', 'yes', 'No', 'y', 'N', 'true', '01:00', '1_000', '~', 'null'])(
    'keeps the text %s a text under YAML 1.1 and 1.2',
    (text) => {
      for (const version of ['1.1', '1.2'] as const) {
        expect(parse(toYaml({ enum: [text], [text]: 1 }), { version })).toEqual({ enum: [text], [text]: 1 });
      }
    },
  );

  it('quotes Off', () => {
    expect(toYaml(['Off', 'Full'])).toBe('- "Off"\n- Full\n');
  });

  it('spells out what occurs twice, and breaks no line', () => {
    const twice = { description: 'word '.repeat(100).trim() };
    expect(toYaml({ a: twice, b: twice })).toBe(
      `a:\n  description: ${twice.description}\nb:\n  description: ${twice.description}\n`,
    );
  });

  it('loses nothing of a CustomResourceDefinition', () => {
    for (const kind of KINDS) {
      const crd = customResourceDefinition(kind);
      for (const version of ['1.1', '1.2'] as const) {
        expect(parse(toYaml(crd), { version })).toEqual(JSON.parse(JSON.stringify(crd)));
      }
    }
  });
});
