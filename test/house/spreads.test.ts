import { describe, expect, it } from 'vitest';
import { isTest, sourceFiles } from './source-files.ts';
import { everyNode, isNode, parseTypeScript } from './syntax-tree.ts';

/** Object literals that are spread into another one: `{ ...{ a, b }, c }` is `{ a, b, c }`. */
function literalSpreads(text: string, tsx = false): number {
  let count = 0;
  for (const { type, properties } of everyNode(parseTypeScript(text, tsx))) {
    if (type !== 'ObjectExpression' || !Array.isArray(properties)) continue;
    count += properties.filter(isLiteralSpread).length;
  }
  return count;
}

function isLiteralSpread(property: unknown): boolean {
  if (!isNode(property) || property.type !== 'SpreadElement') return false;
  return isNode(property.arguments) && property.arguments.type === 'ObjectExpression';
}

describe('object literals', () => {
  it('of src are written out', () => {
    const files = sourceFiles('src').filter((file) => !isTest(file));
    expect(files.length).toBeGreaterThan(0);
    expect(
      files
        .filter(({ path, text }) => literalSpreads(text, path.endsWith('.tsx')) > 0)
        .map((file) => file.path),
    ).toEqual([]);
  });

  it.each([
    ['const x = { ...{ a: 1, b: 2 }, c: 3 };', 1],
    ['f({ d: { ...{ a } } });', 1],
    ['const x = { ...other, ...(a ? { b } : {}) };', 0],
  ])('are read: %s', (text, expected) => {
    expect(literalSpreads(text)).toBe(expected);
  });
});
