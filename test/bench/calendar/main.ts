/**
 * Local times of every IANA zone of the runtime on every date of 2020 to 2040 against Temporal, which the calendar engine does not use:
 * `node test/bench/calendar/main.ts [--quick]`. Fails when any differs. --quick: every twentieth zone.
 */
import { parseArgs } from 'node:util';
import { resolveLocal, startOfLocalDay } from '../../../src/domain/calendar/local-time.ts';
import { localWindow } from '../../../src/domain/calendar/local-window.ts';
import { zonesInForce } from '../../../src/domain/calendar/zones/zones-in-force.ts';
import { zonesThatAgree } from '../../support/zones-of-the-runtime.ts';

const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(2020, 0, 1) / DAY_MS;
const LAST_DAY = Date.UTC(2040, 11, 31) / DAY_MS;
const QUICK_EVERY = 20;
/** Minutes of the windows that are made on each date: over the hours at which clocks change, and past midnight. */
const WINDOWS = [
  [0, 1440],
  [90, 150],
  [1080, 1200],
  [1320, 120],
] as const;
/** On the dates around a change every quarter of an hour is resolved, and on the others none. */
const QUARTER = 15;
const MOST_SHOWN = 20;

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const { agree, differ } = zonesThatAgree(FIRST_DAY * DAY_MS, (LAST_DAY + 5) * DAY_MS);
const zones = agree.filter((_, index) => !values.quick || index % QUICK_EVERY === 0);
const wrong: string[] = [];
let dates = 0;
let resolved = 0;
const startedAt = performance.now();
for (const zone of zones) {
  checkDates(zone);
  checkChanges(zone);
}
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
console.log(
  `zone data ${zonesInForce().version}, Temporal ${process.versions.tz}: ${zones.length} zones, ${dates} dates with ${WINDOWS.length} windows each, ` +
    `${resolved} local times around changes, ${wrong.length} wrong, ${seconds} s`,
);
if (differ.length > 0)
  console.log(`  not judged, as a release between the two moves them: ${differ.join(', ')}`);
for (const each of wrong.slice(0, MOST_SHOWN)) console.log(`  ${each}`);
if (wrong.length > 0) process.exitCode = 1;

/** Each date begins where Temporal begins it, its windows have a length, and whole days leave no hole. */
function checkDates(zone: string): void {
  let date = Temporal.PlainDate.from('2020-01-01');
  for (let day = FIRST_DAY; day <= LAST_DAY; day += 1, date = date.add({ days: 1 })) {
    dates += 1;
    if (startOfLocalDay(zone, day) !== date.toZonedDateTime(zone).epochMilliseconds) {
      wrong.push(`${zone} ${date.toString()}: start of the day`);
    }
    for (const [from, to] of WINDOWS) {
      const window = localWindow(zone, day, from, to);
      if (!(window.until > window.from))
        wrong.push(`${zone} ${date.toString()}: window ${from} to ${to} has no length`);
    }
    if (localWindow(zone, day, 0, 1440).until < localWindow(zone, day + 1, 0, 1440).from) {
      wrong.push(`${zone} ${date.toString()}: a hole before the next day`);
    }
  }
}

/** Gaps and overlaps: what is skipped moves on, what is there twice is the first or the last. */
function checkChanges(zone: string): void {
  let at = Temporal.Instant.fromEpochMilliseconds(FIRST_DAY * DAY_MS).toZonedDateTimeISO(zone);
  for (;;) {
    const next = at.getTimeZoneTransition('next');
    if (next === null || next.epochMilliseconds >= LAST_DAY * DAY_MS) return;
    const change = Math.floor(next.epochMilliseconds / DAY_MS);
    for (let day = change - 1; day <= change + 1; day += 1) checkMinutes(zone, day);
    at = next;
  }
}

function checkMinutes(zone: string, day: number): void {
  const date = Temporal.PlainDate.from('1970-01-01').add({ days: day });
  for (let minute = 0; minute < 1440; minute += QUARTER) {
    const local = date.toPlainDateTime({ hour: Math.floor(minute / 60), minute: minute % 60 });
    const compatible = local.toZonedDateTime(zone, { disambiguation: 'compatible' });
    const isThere = compatible.toPlainDateTime().equals(local);
    for (const [occurrence, disambiguation] of [
      ['first', 'earlier'],
      ['last', 'later'],
    ] as const) {
      const expected = isThere ? local.toZonedDateTime(zone, { disambiguation }) : compatible;
      resolved += 1;
      if (resolveLocal(zone, day, minute, occurrence) !== expected.epochMilliseconds) {
        wrong.push(`${zone} ${local.toString()}: ${occurrence}`);
      }
    }
  }
}
