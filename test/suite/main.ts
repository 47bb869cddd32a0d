/**
 * `node test/suite/main.ts PART…` runs parts of the test suite, several at once where that is safe, and ends with the
 * slowest test files, a line for each failure and `N passed, N failed`.
 */
import { mkdirSync } from 'node:fs';
import { outDirectory } from '../cluster/paths.ts';
import { fileOutput, terminalOutput } from './job-output.ts';
import { jobs } from './jobs.ts';
import { isPart, PARTS } from './parts.ts';
import { runJobs } from './run-jobs.ts';
import { closingLine, slowestFiles } from './tally.ts';

mkdirSync(outDirectory, { recursive: true });
const parts = process.argv.slice(2);
if (parts.length === 0 || !parts.every(isPart)) {
  console.error(`usage: main.ts ${Object.keys(PARTS).join('|')} …`);
  process.exit(2);
}
const names = new Set(parts.filter(isPart).flatMap((part): readonly string[] => PARTS[part]));
// The jobs of one part follow each other, so it prints as it goes; several parts overlap, and each prints at its end.
const tallies = await runJobs(jobs(), names, parts.length === 1 ? terminalOutput : fileOutput);
for (const line of slowestFiles(tallies)) console.log(line);
for (const { failures } of tallies) for (const failure of failures) console.log(`! ${failure}`);
console.log(closingLine(tallies));
process.exitCode = tallies.some(({ failed }) => failed > 0) ? 1 : 0;
