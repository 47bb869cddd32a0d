import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderCircles } from './folder-circles.ts';
import { isTest, type SourceFile, sourceFiles } from './source-files.ts';

/** A folder that lists more sources than this is no longer read at a glance; split it by subject. */
const MAX_SOURCES_PER_FOLDER = 24;

function wideFolders(files: readonly SourceFile[]): string[] {
  const sources = new Map<string, number>();
  for (const file of files) {
    if (isTest(file)) continue;
    const folder = path.posix.dirname(file.path);
    sources.set(folder, (sources.get(folder) ?? 0) + 1);
  }
  return [...sources].flatMap(([folder, count]) =>
    count > MAX_SOURCES_PER_FOLDER ? [`${folder}: ${count} sources, at most ${MAX_SOURCES_PER_FOLDER}`] : [],
  );
}

const file = (name: string, ...imports: string[]): SourceFile => ({
  path: name,
  text: imports.map((target) => `import { x } from '${target}';\n`).join(''),
});

describe('folders of src', () => {
  const product = sourceFiles('src').filter((source) => !isTest(source));

  it('never import each other in a circle', () => {
    expect(folderCircles(product)).toEqual([]);
  });

  it('are found where they do, also over a third folder and through a subfolder', () => {
    expect(folderCircles([file('src/a/x.ts', '../b/y.ts'), file('src/b/y.ts')])).toEqual([]);
    expect(
      folderCircles([
        file('src/a/x.ts', '../b/y.ts'),
        file('src/b/y.ts', '../c/z.ts'),
        file('src/c/z.ts', '../a/v.ts'),
      ]),
    ).toHaveLength(3);
    expect(folderCircles([file('src/a/x.ts', './deep/y.ts'), file('src/a/deep/y.ts', '../v.ts')])).toEqual([
      'src/a -> src/a/deep -> src/a',
      'src/a/deep -> src/a -> src/a/deep',
    ]);
  });

  it('stay narrow enough to read', () => {
    expect(wideFolders(product)).toEqual([]);
  });

  it('are found when one more source is too many', () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => file(`src/a/${index}.ts`));
    expect(wideFolders(many(MAX_SOURCES_PER_FOLDER))).toEqual([]);
    expect(wideFolders(many(MAX_SOURCES_PER_FOLDER + 1))).toEqual(['src/a: 25 sources, at most 24']);
  });
});
