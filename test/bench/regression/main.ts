import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };
import { FALSE_ALARM_RATE } from '../../../src/domain/regression/revision-comparison.ts';
import { outDirectory } from '../../cluster/paths.ts';
import { type Change, type Disturbances, ORDINARY, type Scene } from './evening.ts';
import { foundShare, medianSeconds, POWER, smallestFound, trialsOf } from './trials.ts';

/** Half of the pods have the new revision. */
const FLEETS = [2, 4, 6, 10, 20, 40] as const;
const ROUND_SECONDS = 5;
const WITHIN_SECONDS = 300;
const TRIALS = 50;
const FACTORS = [1.1, 1.2, 1.3, 1.5, 2, 3] as const;
const EXTRA_ERRORS = [0.001, 0.002, 0.005, 0.01, 0.02] as const;
const EVENINGS = 90;
/** As long as a rollout that is watched. */
const EVENING_SECONDS = 1_800;
/** Worse than an ordinary evening: what the comparison makes of it. */
const HARD: readonly (readonly [string, Disturbances])[] = [
  ['ordinary', ORDINARY],
  ['stalls and troubles ten times as often', { ...ORDINARY, stallsPerHour: 120, troublesPerHour: 20 }],
  ['pods differ by 10 % for good', { ...ORDINARY, pods: 0.1 }],
  ['busy neighbours: pods wander by 10 %', { ...ORDINARY, wander: 0.1 }],
];
/** Goals of issue 19, before anything was measured. */
const GOAL = { slowdown: 1.2, falseAlarms: 1 } as const;

const startedAt = performance.now();
const seconds = (): string => `${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(4)} s`;

function sceneOf(pods: number, change: Change, within: number, disturbances = ORDINARY): Omit<Scene, 'seed'> {
  const rounds = within / ROUND_SECONDS;
  return { pods, young: pods / 2, roundSeconds: ROUND_SECONDS, rounds, change, disturbances };
}

/** Seeds of a fleet, which no other has. */
function seedsOf(pods: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => pods * 10_000 + index);
}

function powerOf<Size extends number>(pods: number, sizes: readonly Size[], change: (size: Size) => Change) {
  return sizes.map((size) => {
    const trials = trialsOf(sceneOf(pods, change(size), WITHIN_SECONDS), seedsOf(pods, TRIALS));
    return { size, share: foundShare(trials), medianSeconds: medianSeconds(trials) };
  });
}

const smallest = (found: ReturnType<typeof powerOf>): string =>
  String(smallestFound(found.map(({ size, share }) => [size, share])) ?? 'none');

const power = FLEETS.map((pods) => {
  const all = powerOf(pods, FACTORS, (factor) => ({ all: factor }));
  const slowest = powerOf(pods, FACTORS, (factor) => ({ slowest: factor }));
  const errors = powerOf(pods, EXTRA_ERRORS, (share) => ({ errors: share }));
  console.log(`[${seconds()}] power with ${pods} pods`);
  return { pods, all, slowest, errors };
});

const alarms = HARD.map(([name, disturbances]) => {
  const byFleet = FLEETS.map((pods) => {
    const scene = sceneOf(pods, {}, EVENING_SECONDS, disturbances);
    const share = foundShare(trialsOf(scene, seedsOf(pods, EVENINGS)));
    return { pods, alarms: Math.round(share * EVENINGS) };
  });
  console.log(`[${seconds()}] false alarms, ${name}`);
  return { name, byFleet };
});

console.log(
  `\nFound within ${WITHIN_SECONDS} s, of ${TRIALS} evenings; in brackets after how many seconds (median):`,
);
for (const kind of ['all', 'slowest', 'errors'] as const) {
  console.log(`\n${kind}`);
  console.table(
    Object.fromEntries(
      power.map((row) => [
        `${row.pods} pods`,
        Object.fromEntries(
          row[kind].map(({ size, share, medianSeconds: median }) => [
            `x ${size}`,
            `${Math.round(share * 100)} %${median === undefined ? '' : ` (${median})`}`,
          ]),
        ),
      ]),
    ),
  );
}
console.log(`\nSmallest that is found in ${POWER * 100} % of the evenings:`);
console.table(
  Object.fromEntries(
    power.map(({ pods, all, slowest, errors }) => [
      `${pods} pods`,
      { all: smallest(all), slowest: smallest(slowest), errors: smallest(errors) },
    ]),
  ),
);
console.log(
  `\nFalse alarms in ${EVENINGS} evenings of ${EVENING_SECONDS / 60} min without any regression; stated rate ${FALSE_ALARM_RATE} per comparison:`,
);
console.table(
  Object.fromEntries(
    alarms.map(({ name, byFleet }) => [
      name,
      Object.fromEntries(byFleet.map(({ pods, alarms: count }) => [`${pods} pods`, count])),
    ]),
  ),
);

const goals = [
  ...power.map(({ pods, all }) => {
    const found = smallestFound(all.map(({ size, share }) => [size, share]));
    return {
      goal: `slowdown found within 5 min, ${pods} pods`,
      wanted: `at most ${GOAL.slowdown}`,
      measured: found ?? 'none',
      verdict: found !== undefined && found <= GOAL.slowdown ? 'reached' : 'missed',
    };
  }),
  ...(alarms[0]?.byFleet ?? []).map(({ pods, alarms: count }) => ({
    goal: `false alarms in ${EVENINGS} evenings, ${pods} pods`,
    wanted: `at most ${GOAL.falseAlarms}`,
    measured: count,
    verdict: count <= GOAL.falseAlarms ? 'reached' : 'missed',
  })),
];
console.log('\nGoals:');
console.table(goals);

const file = path.join(outDirectory, 'bench', 'regression.json');
mkdirSync(path.dirname(file), { recursive: true });
const versions = { 'presence-operator': packageJson.version, node: process.versions.node };
const report = { name: 'regression', at: new Date().toISOString(), versions, power, alarms, goals };
writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
console.log(`\n[${seconds()}] written to ${path.relative(process.cwd(), file)}`);
