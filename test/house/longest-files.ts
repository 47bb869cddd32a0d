/**
 * `node test/house/longest-files.ts` prints the longest sources. Length is a guide, not a rule: a long file is a place
 * to look for a second concept.
 */
import { isTest, sourceFiles } from './source-files.ts';

const SHOWN = 15;

const files = [...sourceFiles('src'), ...sourceFiles('test')]
  .filter((file) => !isTest(file))
  .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
  .sort((one, other) => other.lines - one.lines);
for (const { path, lines } of files.slice(0, SHOWN)) console.log(`${String(lines).padStart(5)} ${path}`);
