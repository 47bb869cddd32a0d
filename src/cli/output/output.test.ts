import { describe, expect, it } from 'vitest';
import { colour } from './colour.ts';
import { compileJsonPath } from './jsonpath.ts';
import { render } from './render.ts';
import { table } from './table.ts';
import { wrap } from './wrap.ts';

const LONG = 'every primary has its replicas on other nodes, and no node holds a majority of the primaries';

describe('wrap', () => {
  const text = table(
    ['CONDITION', 'STATUS', 'MESSAGE'],
    [
      ['Ready', 'True', LONG],
      ['Accepted', 'True', 'short'],
    ],
  );

  it('keeps to 80 columns, cuts no word and goes on below the last column', () => {
    const lines = wrap(text, 80).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines[2]).toMatch(/^ {21}\S/);
    const words = (one: string): string[] => one.split(/\s+/);
    expect(words(wrap(text, 80))).toEqual(words(text));
  });

  it('leaves a pipe, short lines and words that are longer than a line as they are', () => {
    expect(wrap(text, undefined)).toBe(text);
    expect(wrap('a  b', 80)).toBe('a  b');
    expect(wrap('x'.repeat(100), 80)).toBe('x'.repeat(100));
    expect(wrap(`a ${'x'.repeat(100)} b`, 80)).toBe(`a\n    ${'x'.repeat(100)}\n    b`);
  });
});

describe('colour', () => {
  it('marks what should be True, heads of tables and a freeze that is on, and changes no letter', () => {
    const text = 'CONDITION   STATUS\nReady       False\nFrozen      False\nFreeze:   on, until 05:00';
    const red = (word: string): string => `\u001b[31m${word}\u001b[0m`;
    expect(colour(text)).toContain(`Ready       ${red('False')}`);
    expect(colour(text)).toContain('\nFrozen      False\n');
    expect(colour(text)).toContain('\u001b[33mon\u001b[0m, until');
    expect(colour(text).replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), '')).toBe(text);
  });

  it('is for a terminal only', () => {
    const text = (): string => 'Ready   True';
    const on = (isColour: boolean) => render({ screen: { colour: isColour } }, 'text', { data: {}, text });
    expect(on(false)).toBe('Ready   True');
    expect(on(true)).toContain('\u001b[32mTrue');
  });
});

describe('jsonpath', () => {
  const data = { floor: 3, name: 'a b', shards: [{ primary: 'x' }, { primary: 'y' }], none: null };

  it.each([
    ['{.floor}', '3'],
    ['{.shards[*].primary}', 'x y'],
    ['{.shards[-1].primary}{"\\n"}', 'y\n'],
    ["{['name']}: {$.floor} pods", 'a b: 3 pods'],
    ['{.missing.deeper}', ''],
    ['{.shards[0]}', '{"primary":"x"}'],
    ['{.__proto__}', ''],
  ])('%s', (template, expected) => {
    expect(compileJsonPath(template)(data)).toBe(expected);
  });

  it.each(['{.floor', '{range .items[*]}', '{.items[?(@.a)]}'])('refuses %s', (template) => {
    expect(() => compileJsonPath(template)).toThrow('-o jsonpath:');
  });
});
