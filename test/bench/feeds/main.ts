/**
 * Calendars as exporters write them, and an event over each clock change of every zone, against an independent reader:
 * recurring-ical-events with icalendar and the tzdata package of Python. `node test/bench/feeds/main.ts [--write]`. Fails when
 * an instant differs that zone data does not explain. --write: the golden file of dialects.test.ts.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { DIALECTS, zonesDialects } from './dialects.ts';
import { type EventInstants, instantsOf, sorted } from './instants.ts';

const PACKAGES = ['icalendar==7.3.2', 'recurring-ical-events==3.8.2', 'tzdata==2026.6'];
/** Zones whose rules changed after 2026c, which Node 26.10 has: their instants differ by zone data alone. */
const NEWER_RULES: readonly string[] = [
  ...['America/Havana', 'America/Inuvik', 'America/Rainy_River', 'America/Winnipeg'],
];
const MOST_SHOWN = 20;

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const environment = path.resolve(import.meta.dirname, '../../../out/bench-feeds');
const python = path.join(environment, 'bin/python');
if (!existsSync(path.join(environment, 'ready'))) {
  execFileSync('python3', ['-m', 'venv', environment], { stdio: 'inherit' });
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', ...PACKAGES], { stdio: 'inherit' });
  writeFileSync(path.join(environment, 'ready'), '');
}

const calendars = [...DIALECTS, ...zonesDialects()];
const input = JSON.stringify(Object.fromEntries(calendars.map(({ name, text }) => [name, text])));
const output = execFileSync(python, [path.join(import.meta.dirname, 'independent.py')], {
  input,
  encoding: 'utf8',
  maxBuffer: 64 * 1_048_576,
});
const independent = JSON.parse(output) as Record<string, EventInstants[]>;
if (values.write) {
  const golden = Object.fromEntries(DIALECTS.map(({ name }) => [name, sorted(independent[name] ?? [])]));
  writeFileSync(path.join(import.meta.dirname, 'golden.json'), `${JSON.stringify(golden, null, 2)}\n`);
}

let wrong = 0;
for (const dialect of calendars) {
  const ours = instantsOf(dialect).map((each) => each.join(' '));
  const theirs = sorted(independent[dialect.name] ?? []).map((each) => each.join(' '));
  const [mine, other] = [new Set(ours), new Set(theirs)];
  const all = [
    ...ours.filter((each) => !other.has(each)).map((each) => `ours    ${each}`),
    ...theirs.filter((each) => !mine.has(each)).map((each) => `theirs  ${each}`),
  ];
  const different = all.filter((line) => !NEWER_RULES.some((zone) => line.includes(zone)));
  const explained = all.length - different.length;
  console.log(
    `${dialect.name}: ${theirs.length} events, ${different.length} lines differ, ${explained} more by zone data`,
  );
  for (const line of different.sort().slice(0, MOST_SHOWN)) console.log(`  ${line}`);
  wrong += different.length;
}
console.log(
  `zone data of the runtime: ${process.versions.tz}; of the independent reader: ${PACKAGES.at(-1)}`,
);
if (wrong > 0) process.exitCode = 1;
