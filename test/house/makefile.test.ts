import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../cluster/paths.ts';

/** Recipe lines whose failure make would not see. */
function ignoredFailures(makefile: string): string[] {
  return makefile
    .split('\n')
    .filter((line) => /^\t@?-/.test(line) || /^\t.*\|\|\s*(true|:)(\s|$)/.test(line))
    .map((line) => line.trim());
}

describe('the Makefile', () => {
  it('fails when one of its commands fails', () => {
    expect(ignoredFailures(readFileSync(path.join(repository, 'Makefile'), 'utf8'))).toEqual([]);
  });

  it('is found to hide a failure', () => {
    expect(ignoredFailures('a:\n\t@b || true\n\t@-c\n\td || e\n\t-f\n\tg || :\n')).toEqual([
      '@b || true',
      '@-c',
      '-f',
      'g || :',
    ]);
  });
});
