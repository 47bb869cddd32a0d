import { describe, expect, it } from 'vitest';
import { sourceFiles } from './source-files.ts';
import { everyNode, parseTypeScript } from './syntax-tree.ts';

/**
 * dependency-cruiser reads our files by swc and does not see an `import('./x.ts')` in the position of a type, and
 * swc's visitor gives up on `using`. So neither is written here, and the dependency rules see everything.
 */
function hiddenFromTheRules(text: string, tsx = false): string[] {
  const found: string[] = [];
  for (const node of everyNode(parseTypeScript(text, tsx))) {
    if (node.type === 'TsImportType') found.push("import('…') as a type: write `import type`");
    if (node.type === 'UsingDeclaration') found.push('using: write try and finally');
  }
  return found;
}

describe('imports', () => {
  it('are all visible to the dependency rules', () => {
    const files = [...sourceFiles('src'), ...sourceFiles('test')];
    const offences = files.flatMap((file) =>
      hiddenFromTheRules(file.text, file.path.endsWith('.tsx')).map((why) => `${file.path}: ${why}`),
    );
    expect(offences).toEqual([]);
  });

  it('are found where they hide', () => {
    expect(hiddenFromTheRules("export const f = (x: import('./x.ts').X[]) => x;")).toHaveLength(1);
    expect(hiddenFromTheRules('export function f() { using file = open(); }')).toHaveLength(1);
    expect(hiddenFromTheRules("import type { X } from './x.ts'; export const y = import('./y.ts');")).toEqual(
      [],
    );
  });
});
