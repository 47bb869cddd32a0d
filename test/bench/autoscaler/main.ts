import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import packageJson from '../../../package.json' with { type: 'json' };
import { backtest, HPA_TARGETS, POLICIES } from '../../../src/domain/autoscaling/backtest/backtest.ts';
import { cronPolicy } from '../../../src/domain/autoscaling/backtest/cron-policy.ts';
import type { NamedPolicy, PolicySetting } from '../../../src/domain/autoscaling/backtest/policy-setting.ts';
import { hpaPolicy } from '../../../src/domain/autoscaling/backtest/reactive-policies.ts';
import { DEFAULT_HPA_BEHAVIOR, withScaleDownWindow } from '../../../src/domain/autoscaling/hpa/behavior.ts';
import { outDirectory, repository } from '../../cluster/paths.ts';
import { type BenchRow, bestHpa, type Verdict, verdict } from './compare.ts';
import { type CoverageRow, checkCoverage, measureCoverage, toTableRow } from './coverage.ts';
import { measureDecision } from './decision-time.ts';
import { checkGoals } from './goals.ts';
import { type StressCase, stressCases, withBookings } from './stress.ts';
import { type BenchTrace, recordedTraces, weddingTraces } from './traces.ts';

const USAGE = `usage: main.ts [--quick]

Back-tests of the autoscaling policies on recorded loads (TRACES_DIR, default ../shared/traces beside the checkout;
left out when absent) and on made-up wedding crews, with pods that start in 60 s to 600 s, and\nwith things going wrong. --quick: pods that start in 300 s only, no older metrics, nothing going wrong.`;

const CONDITIONS = { capacity: 100, lagSeconds: 30, tickSeconds: 15, min: 2 } as const;
const STARTUP_SECONDS = [60, 120, 300, 600] as const;
const WINDOW_SECONDS = 1800;
/** Policies that are put through things going wrong. */
const STRESSED: readonly string[] = ['static', 'hpa-60', 'hpa-70'];
const STRESS_STARTUP_SECONDS = 300;
/** The metrics pipeline of a cluster is this late when it is slow. */
const OLD_METRIC_SECONDS = 90;

/** Targets between the promised ones: what a tuned HorizontalPodAutoscaler could be. */
const TUNED_TARGETS = [30, 40, 45, 55, 65, 75, 82.5, 85, 87.5].filter(
  (target) => !(HPA_TARGETS as readonly number[]).includes(target),
);

const MORE: readonly NamedPolicy[] = [
  { name: 'cron-hpa-70', create: (setting) => cronPolicy(setting, 0.7) },
  {
    name: 'hpa-70-window',
    create: ({ conditions }) =>
      hpaPolicy(conditions, 0.7, withScaleDownWindow(DEFAULT_HPA_BEHAVIOR, WINDOW_SECONDS)),
  },
  ...TUNED_TARGETS.map((target) => ({
    name: `hpa-${target}`,
    create: ({ conditions }: Parameters<NamedPolicy['create']>[0]) => hpaPolicy(conditions, target / 100),
  })),
];

const { values } = parseArgs({
  options: { help: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const startedAt = performance.now();
const seconds = (): string => `${((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)} s`;

const directory = process.env.TRACES_DIR ?? path.join(repository, '../shared/traces');
const { traces, missing } = await recordedTraces(directory);
if (missing.length > 0) console.log(`not in ${directory}, left out: ${missing.join(', ')}`);
const rows: BenchRow[] = [];
const verdicts: Verdict[] = [];
const lagged: BenchRow[] = [];
const coverage: CoverageRow[] = [];
for (const bench of [...traces, ...weddingTraces()]) {
  for (const startupSeconds of values.quick ? [STRESS_STARTUP_SECONDS] : STARTUP_SECONDS) {
    const found = run(bench, startupSeconds);
    rows.push(...found);
    verdicts.push(...compare(found));
    console.log(`[${seconds()}] ${bench.name}, pods start in ${startupSeconds} s`);
  }
  coverage.push(...measureCoverage(bench));
  if (!values.quick) lagged.push(...runStress({ bench, disturb: (create) => create() }, OLD_METRIC_SECONDS));
  console.log(`[${seconds()}] ${bench.name}, bounds and older metrics`);
}
const stress = (values.quick ? [] : stressCases()).flatMap((stressed) => {
  const found = runStress(stressed);
  console.log(`[${seconds()}] ${stressed.bench.name}`);
  return found;
});
const goals = [...checkGoals(rows), ...checkCoverage(coverage)];
const decision = measureDecision();
printRows(rows);
console.log('\nBounds half an hour ahead, and the daily peak a week ahead, in %:');
console.table(coverage.map(toTableRow));
console.log('\nMetrics of 90 s ago, pods start in 300 s:');
printRows(lagged);
console.log('\nThings going wrong, pods start in 300 s:');
printRows(stress);
printVerdicts();
console.log('\nGoals:');
console.table(goals);
console.log(
  `\nOne decision with ${decision.weddings} weddings in a day: ${decision.medianMicroseconds} µs (median)`,
);
write();

function run(bench: BenchTrace, startupSeconds: number): BenchRow[] {
  const { name, trace, trainDays } = bench;
  const conditions = { ...CONDITIONS, startupSeconds };
  const more = [...MORE, ...withBookings(bench)];
  return backtest({ trace, conditions, trainDays, more }).map(({ name: policy, ...result }) => ({
    trace: name,
    startupSeconds,
    policy,
    ...result,
  }));
}

function runStress(
  { bench, disturb, policies }: StressCase,
  lagSeconds: number = CONDITIONS.lagSeconds,
): BenchRow[] {
  const { name, trace, trainDays } = bench;
  const startupSeconds = STRESS_STARTUP_SECONDS;
  const conditions = { ...CONDITIONS, lagSeconds, startupSeconds };
  const own = policies ?? [
    ...POLICIES.filter(({ name: policy }) => policy === 'presence'),
    ...withBookings(bench),
  ];
  const disturbed = [...POLICIES.filter(({ name: policy }) => STRESSED.includes(policy)), ...own].map(
    ({ name: policy, create }) => ({
      name: policy,
      create: (setting: PolicySetting) => disturb(() => create(setting)),
    }),
  );
  return backtest({ trace, conditions, trainDays, policies: disturbed }).map(
    ({ name: policy, ...result }) => ({
      trace: name,
      startupSeconds,
      policy,
      ...result,
    }),
  );
}

function compare(found: readonly BenchRow[]): Verdict[] {
  const best = bestHpa(found);
  const peers = ['hpa-60', 'hpa-70', 'hpa-70-window'].flatMap((name) =>
    found.filter(({ policy }) => policy === name),
  );
  return [
    ...peers.map((peer) => verdict(found, peer, peer.policy)),
    ...(best === undefined ? [] : [verdict(found, best, `${best.policy} (best in hindsight)`)]),
  ];
}

function printRows(rows: readonly BenchRow[]): void {
  const tuned = new Set(TUNED_TARGETS.map((target) => `hpa-${target}`));
  for (const [title, group] of Map.groupBy(
    rows,
    (row) => `${row.trace}, pods start in ${row.startupSeconds} s`,
  )) {
    console.log(`\n${title}`);
    const best = group.some(({ policy }) => policy === 'hpa-82.5') ? bestHpa(group) : undefined;
    const shown = group.filter((row) => row === best || !tuned.has(row.policy));
    console.table(
      Object.fromEntries(
        shown.map((row) => [row === best ? `${row.policy} (best)` : row.policy, cells(row)]),
      ),
    );
  }
}

function cells(row: BenchRow): Record<string, number> {
  const { tauU, thetaU, thetaO, unserved, podHours, costOfStatic, actionsPerDay, removedPerDay } = row;
  const short = { tauU, thetaU, unserved };
  const long = { thetaO, podHours, costOfStatic, actionsPerDay, removedPerDay };
  return {
    ...Object.fromEntries(Object.entries(short).map(([name, value]) => [name, Number(value.toFixed(3))])),
    ...Object.fromEntries(Object.entries(long).map(([name, value]) => [name, Number(value.toFixed(1))])),
  };
}

function printVerdicts(): void {
  console.log('\nWhere presence does worse:');
  for (const { trace, startupSeconds, peer, worse } of verdicts) {
    if (worse.length > 0) console.log(`  ${trace}, ${startupSeconds} s, than ${peer}: ${worse.join('; ')}`);
  }
}

function write(): void {
  const report = {
    name: 'autoscaler',
    at: new Date().toISOString(),
    machine: {
      cpus: cpus().length,
      model: cpus()[0]?.model ?? 'unknown',
      memoryBytes: totalmem(),
      kernel: release(),
      load: loadavg(),
    },
    versions: {
      'presence-operator': packageJson.version,
      node: process.versions.node,
      tzdb: process.versions.tz,
    },
    conditions: CONDITIONS,
    missing,
    rows,
    coverage,
    lagged,
    stress,
    goals,
    decision,
    verdicts,
  };
  const file = path.join(outDirectory, 'bench', values.quick ? 'autoscaler-quick.json' : 'autoscaler.json');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`\n[${seconds()}] written to ${path.relative(process.cwd(), file)}`);
}
