import { describe, expect, it } from 'vitest';
import { isTest, type SourceFile, sourceFiles } from './source-files.ts';

/** More than this is more than one concept, and cannot be read in one sitting. */
const MAX_LINES = 300;
/** A table of cases is long without being hard to read. */
const MAX_TEST_LINES = 500;

function tooLong(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const lines = file.text.trimEnd().split('\n').length;
    const limit = isTest(file) ? MAX_TEST_LINES : MAX_LINES;
    return lines > limit ? [`${file.path}: ${lines} lines, at most ${limit}`] : [];
  });
}

const lines = (count: number) => 'const x = 1;\n'.repeat(count);

describe('file size', () => {
  it('holds for every source file', () => {
    expect(tooLong([...sourceFiles('src'), ...sourceFiles('test')])).toEqual([]);
  });

  it('is noticed one line above the limit, and not at it', () => {
    expect(tooLong([{ path: 'src/a.ts', text: lines(300) }])).toEqual([]);
    expect(tooLong([{ path: 'src/a.ts', text: lines(301) }])).toEqual(['src/a.ts: 301 lines, at most 300']);
    expect(tooLong([{ path: 'src/a.test.ts', text: lines(301) }])).toEqual([]);
    expect(tooLong([{ path: 'src/a.test.ts', text: lines(501) }])).toEqual([
      'src/a.test.ts: 501 lines, at most 500',
    ]);
  });
});
