/**
 * `node test/suite/main.ts PART…` runs parts of the test suite in order and ends with a line for
 * each failure and `N passed, N failed`. A part
 * that fails does not stop the later ones, so that one run tells everything.
 */
import { mkdirSync } from 'node:fs';
import { outDirectory } from '../cluster/paths.ts';
import { PARTS, type PartName } from './parts.ts';
import { closingLine, type Tally } from './tally.ts';

mkdirSync(outDirectory, { recursive: true });
const names = process.argv.slice(2);
const unknown = names.filter((name) => !(name in PARTS));
if (names.length === 0 || unknown.length > 0) {
  console.error(`usage: main.ts ${Object.keys(PARTS).join('|')} …`);
  process.exit(2);
}
const tallies: Tally[] = [];
for (const name of names as PartName[]) {
  const started = performance.now();
  console.log(`\n== ${name}`);
  const tally = await PARTS[name]();
  tallies.push(tally);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`== ${name}: ${closingLine([tally])} in ${seconds} s`);
}
for (const { failures } of tallies) for (const failure of failures) console.log(`! ${failure}`);
console.log(closingLine(tallies));
process.exitCode = tallies.some(({ failed }) => failed > 0) ? 1 : 0;
